//! What a version holds: a body, its digests, and, rarely, more.
//!
//! Most objects of a drill are a body and nothing else, so everything that few objects have stands behind
//! one pointer.

use std::fmt;

use bytes::Bytes;
use s3s::dto::StorageClass;

use super::acl::Acl;
use super::checksum::{Algorithm, Checksum, Hasher, md5};
use super::restore::{Archive, Restore};

/// An object's entity tag: the MD5 of its body, or of its parts' MD5s with their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ETag {
    /// The digest.
    pub md5: [u8; 16],
    /// How many parts it was uploaded in; 0 when in one piece.
    pub parts: u16,
}

impl ETag {
    /// The tag of a body uploaded in one piece.
    pub fn from_body(body: &[u8]) -> ETag {
        ETag {
            md5: md5(body),
            parts: 0,
        }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0u8; 32];
        // 16 bytes always fit into 32 digits.
        let _ = hex::encode_to_slice(self.md5, &mut digits);
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())?;
        match self.parts {
            0 => Ok(()),
            parts => write!(f, "-{parts}"),
        }
    }
}

/// One immutable body with what belongs to it.
#[derive(Clone, Debug)]
pub struct Object {
    /// The bytes.
    pub body: Bytes,
    /// Its entity tag, as computed at the upload.
    pub etag: ETag,
    /// The checksum stored at the upload.
    pub checksum: Option<Checksum>,
    /// What few objects have.
    pub extra: Option<Box<Extra>>,
}

/// What few objects have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra {
    /// `Content-Type` and its like, by S3's names in lower case.
    pub headers: Headers,
    /// User metadata, names in lower case without `x-amz-meta-`.
    pub metadata: Vec<(Box<str>, Box<str>)>,
    /// Object tags.
    pub tags: Vec<(Box<str>, Box<str>)>,
    /// The parts it was uploaded in, in their order.
    pub parts: Vec<Part>,
    /// The storage class, unless `STANDARD`.
    pub storage_class: Option<Box<str>>,
    /// Server-side encryption as requested; bodies are not really encrypted.
    pub encryption: Option<Box<Encryption>>,
    /// The account that wrote it, unless the bucket's owner.
    pub owner: Option<Box<str>>,
    /// Who may do what, unless private.
    pub acl: Option<Box<Acl>>,
    /// A legal hold, on or lifted; `None` when there never was one.
    pub legal_hold: Option<bool>,
    /// Retention: its mode and its end.
    pub retention: Option<Retention>,
    /// The readable copy of an archived object.
    pub restore: Option<Restore>,
}

/// The content headers that are stored and returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers {
    /// `Content-Type`.
    pub content_type: Option<Box<str>>,
    /// `Cache-Control`.
    pub cache_control: Option<Box<str>>,
    /// `Content-Disposition`.
    pub content_disposition: Option<Box<str>>,
    /// `Content-Encoding`, without `aws-chunked`.
    pub content_encoding: Option<Box<str>>,
    /// `Content-Language`.
    pub content_language: Option<Box<str>>,
    /// `Expires`, in microseconds since the Unix epoch.
    pub expires_us: Option<i64>,
    /// `x-amz-website-redirect-location`.
    pub website_redirect: Option<Box<str>>,
}

/// One part of a multipart object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The number that the client gave it, 1 to 10,000.
    pub number: u16,
    /// Its length in bytes.
    pub size: u64,
    /// Its checksum.
    pub checksum: Option<Checksum>,
}

/// Server-side encryption as the client asked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`; `None` with a customer's key.
    pub algorithm: Option<Box<str>>,
    /// The id of the KMS key.
    pub kms_key: Option<Box<str>>,
    /// The MD5 of the customer's key, in Base64: reads must name it again.
    pub customer_key_md5: Option<Box<str>>,
}

/// Until when a version cannot be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// COMPLIANCE, which cannot be lifted, rather than GOVERNANCE.
    pub compliance: bool,
    /// Microseconds since the Unix epoch.
    pub until_us: i64,
}

impl Retention {
    pub(crate) fn mode(self) -> &'static str {
        if self.compliance {
            "COMPLIANCE"
        } else {
            "GOVERNANCE"
        }
    }
}

impl Object {
    /// A body with nothing else, its digests computed.
    pub fn plain(body: Bytes) -> Object {
        Object {
            etag: ETag::from_body(&body),
            checksum: Some(Checksum::full(
                Algorithm::Crc64Nvme,
                Algorithm::Crc64Nvme.digest(&body),
            )),
            body,
            extra: None,
        }
    }

    /// The length of the body in bytes.
    pub fn size(&self) -> u64 {
        self.body.len() as u64
    }

    /// The rare fields, made when there are none yet.
    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// The storage class, unless `STANDARD`.
    pub(crate) fn storage_class(&self) -> Option<&str> {
        self.extra.as_deref()?.storage_class.as_deref()
    }

    /// Moves it to another storage class, if one is named.
    pub(crate) fn set_storage_class(&mut self, class: Option<&str>) {
        let Some(class) = class else { return };
        let class = Some(class).filter(|class| *class != StorageClass::STANDARD);
        if class != self.storage_class() {
            self.extra_mut().storage_class = class.map(Into::into);
        }
    }

    /// Whether replication leaves it where it is: it is archived, or under a key of KMS, to which no rule that is taken
    /// opts in (S3 User Guide, "What does Amazon S3 replicate?").
    pub(crate) fn is_never_replicated(&self) -> bool {
        let encryption = self
            .extra
            .as_deref()
            .and_then(|extra| extra.encryption.as_deref());
        let algorithm = encryption.and_then(|encryption| encryption.algorithm.as_deref());
        algorithm.is_some_and(|algorithm| algorithm.starts_with("aws:kms")) || self.archive().is_some()
    }

    /// The archive that it is in.
    pub(crate) fn archive(&self) -> Option<Archive> {
        Archive::from_storage_class(self.storage_class())
    }

    /// The readable copy that it has or will have; `None` where there never was one, or it is gone.
    pub(crate) fn restore_at(&self, now_us: i64) -> Option<Restore> {
        self.archive()?;
        let restore = self.extra.as_deref()?.restore?;
        (restore.is_ongoing(now_us) || restore.is_readable(now_us)).then_some(restore)
    }

    /// Whether it can only be read after it was restored.
    pub(crate) fn is_archived(&self, now_us: i64) -> bool {
        let restored = self.restore_at(now_us);
        self.archive().is_some() && !restored.is_some_and(|restore| restore.is_readable(now_us))
    }

    pub(crate) fn tags(&self) -> &[(Box<str>, Box<str>)] {
        self.extra.as_deref().map_or(&[], |extra| &extra.tags)
    }

    pub(crate) fn parts(&self) -> &[Part] {
        self.extra.as_deref().map_or(&[], |extra| &extra.parts)
    }

    /// Whether a retention or a legal hold forbids to delete it at `now_us`.
    pub(crate) fn is_locked(&self, now_us: i64, bypass_governance: bool) -> bool {
        let Some(extra) = &self.extra else { return false };
        let retained = |r: Retention| r.until_us > now_us && (r.compliance || !bypass_governance);
        extra.legal_hold == Some(true) || extra.retention.is_some_and(retained)
    }

    /// Whether the body still has the checksum that was stored with it. `None` when none was stored.
    pub fn verify(&self) -> Option<bool> {
        let stored = self.checksum?;
        if !stored.composite {
            return Some(stored.algorithm.digest(&self.body) == stored.value);
        }
        let mut whole = Hasher::new(stored.algorithm);
        let mut rest = &self.body[..];
        for part in self.parts() {
            let (head, tail) = rest.split_at_checked(part.size as usize)?;
            whole.update(stored.algorithm.digest(head).as_bytes());
            rest = tail;
        }
        Some(rest.is_empty() && whole.finish() == stored.value)
    }
}
