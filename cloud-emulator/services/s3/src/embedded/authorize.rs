//! Who may do what: the bucket's policy first, then the lists of grants.
//!
//! ```text
//! policy denies ──► refused       owner of the bucket ──► allowed
//! policy allows ──► allowed       grant of the object or bucket ──► allowed       else refused
//! ```
//!
//! A drill has one account that owns everything, so all of this costs it one look at the bucket.

use std::borrow::Cow;

use http::{HeaderMap, Uri};
use s3s::dto::CopySource;
use s3s::{S3Result, s3_error};

use super::OWNER_ID;
use super::acl::{Acl, Permission};
use super::bucket::{Bucket, State};
use super::ids::VersionId;
use super::object::Object;
use super::policy::{Effect, Policy, Question};
use super::store::Store;
use cloud_gateway::ACCOUNT_ID;

/// A request, before its input is read.
pub(crate) struct Attempt<'a> {
    /// The operation's name, `GetObject` for instance.
    pub(crate) operation: &'a str,
    pub(crate) bucket: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    /// `None` is unsigned.
    pub(crate) account: Option<&'a str>,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}

/// Whose list of grants decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Bucket(Permission),
    Object(Permission),
    /// No list grants it: owners and policies only.
    Owner,
}

/// What an operation is called in policies, and which grant it needs.
fn needs(operation: &str, versioned: bool) -> (Cow<'static, str>, Scope) {
    use Permission::{Read, ReadAcp, Write, WriteAcp};
    let (action, scope) = match operation {
        "GetObject" | "HeadObject" | "GetObjectAttributes" if versioned => {
            ("s3:GetObjectVersion", Scope::Object(Read))
        }
        "GetObject" | "HeadObject" | "GetObjectAttributes" => ("s3:GetObject", Scope::Object(Read)),
        "PutObject"
        | "PostObject"
        | "CopyObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload" => ("s3:PutObject", Scope::Bucket(Write)),
        "DeleteObject" if versioned => ("s3:DeleteObjectVersion", Scope::Bucket(Write)),
        "DeleteObject" | "DeleteObjects" => ("s3:DeleteObject", Scope::Bucket(Write)),
        "AbortMultipartUpload" => ("s3:AbortMultipartUpload", Scope::Bucket(Write)),
        "ListParts" => ("s3:ListMultipartUploadParts", Scope::Bucket(Read)),
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => ("s3:ListBucket", Scope::Bucket(Read)),
        "ListObjectVersions" => ("s3:ListBucketVersions", Scope::Bucket(Read)),
        "ListMultipartUploads" => ("s3:ListBucketMultipartUploads", Scope::Bucket(Read)),
        "GetBucketAcl" => ("s3:GetBucketAcl", Scope::Bucket(ReadAcp)),
        "PutBucketAcl" => ("s3:PutBucketAcl", Scope::Bucket(WriteAcp)),
        "GetObjectAcl" => ("s3:GetObjectAcl", Scope::Object(ReadAcp)),
        "PutObjectAcl" => ("s3:PutObjectAcl", Scope::Object(WriteAcp)),
        "GetObjectTagging"
        | "PutObjectTagging"
        | "DeleteObjectTagging"
        | "GetObjectRetention"
        | "PutObjectRetention"
        | "GetObjectLegalHold"
        | "PutObjectLegalHold" => return (format!("s3:{operation}").into(), Scope::Owner),
        other => return (configuration_action(other).into(), Scope::Owner),
    };
    (action.into(), scope)
}

/// Policies name a few configurations otherwise than the operations do.
fn configuration_action(operation: &str) -> String {
    let name = match operation {
        "GetBucketEncryption" => "GetEncryptionConfiguration",
        "PutBucketEncryption" | "DeleteBucketEncryption" => "PutEncryptionConfiguration",
        "GetBucketReplication" => "GetReplicationConfiguration",
        "PutBucketReplication" | "DeleteBucketReplication" => "PutReplicationConfiguration",
        "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => "PutLifecycleConfiguration",
        "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => "PutBucketPublicAccessBlock",
        "GetObjectLockConfiguration" => "GetBucketObjectLockConfiguration",
        "PutObjectLockConfiguration" => "PutBucketObjectLockConfiguration",
        "GetBucketNotificationConfiguration" => "GetBucketNotification",
        "PutBucketNotificationConfiguration" => "PutBucketNotification",
        other => other,
    };
    format!("s3:{name}")
}

impl Attempt<'_> {
    fn query(&self, name: &str) -> Option<String> {
        let query = self.uri.query()?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A header, which the query of a presigned request may carry instead.
    fn either(&self, name: &str) -> Option<Cow<'_, str>> {
        let header = self.header(name).map(Cow::Borrowed);
        header.or_else(|| self.query(name).map(Cow::Owned))
    }

    /// The bucket and the key that a copy reads.
    fn copy_source(&self) -> Option<(Box<str>, Box<str>)> {
        if !matches!(self.operation, "CopyObject" | "UploadPartCopy") {
            return None;
        }
        match CopySource::parse(self.header("x-amz-copy-source")?).ok()? {
            CopySource::Bucket { bucket, key, .. } => Some((bucket, key)),
            _ => None,
        }
    }

    /// The value of a policy's condition key.
    fn condition_value(&self, object: Option<&Object>, key: &str) -> Option<String> {
        if let Some(name) = key.strip_prefix("s3:ExistingObjectTag/") {
            let tag = object?.tags().iter().find(|(tag, _)| **tag == *name)?;
            return Some(tag.1.to_string());
        }
        if let Some(name) = key.strip_prefix("s3:RequestObjectTag/") {
            let header = self.header("x-amz-tagging")?;
            let mut pairs = form_urlencoded::parse(header.as_bytes());
            return pairs.find_map(|(tag, value)| (tag == name).then(|| value.into_owned()));
        }
        match key {
            "s3:prefix" | "s3:delimiter" | "s3:max-keys" => self.query(&key[3..]),
            "s3:VersionId" => self.query("versionId"),
            "aws:Referer" => self.header("referer").map(str::to_owned),
            "aws:UserAgent" => self.header("user-agent").map(str::to_owned),
            "aws:SecureTransport" => Some("false".to_owned()),
            "s3:x-amz-copy-source" => {
                let source = self.header("x-amz-copy-source")?;
                Some(source.trim_start_matches('/').to_owned())
            }
            _ => self
                .header(
                    key.strip_prefix("s3:")
                        .filter(|name| name.starts_with("x-amz-"))?,
                )
                .map(str::to_owned),
        }
    }
}

/// Refuses what the account may not do. What does not exist is not refused here: the operation says so.
pub(crate) fn authorize(store: &Store, attempt: &Attempt<'_>) -> S3Result<()> {
    let allowed = match (attempt.operation, attempt.bucket) {
        ("ListBuckets" | "CreateBucket", _) | (_, None) => attempt.account.is_some(),
        (_, Some(name)) => match store.bucket(name) {
            Ok(bucket) => bucket.read(|state| may(&bucket, state, attempt)).unwrap_or(true),
            Err(_) => true,
        },
    };
    if allowed && may_read_source(store, attempt) && is_expected(store, attempt) {
        return Ok(());
    }
    Err(s3_error!(AccessDenied, "Access Denied"))
}

/// Whether the buckets belong to the accounts that the request expects, if it expects any (S3 User Guide, "Verifying bucket
/// ownership with bucket owner condition"). A bucket that is not there has no owner: the operation says so.
fn is_expected(store: &Store, attempt: &Attempt<'_>) -> bool {
    let belongs = |name: Option<&str>, header: &str| {
        let Some(expected) = attempt.either(header) else {
            return true;
        };
        let bucket = name.and_then(|name| store.bucket(name).ok());
        bucket.is_none_or(|bucket| account_number(&bucket.owner) == expected)
    };
    let source = attempt.copy_source();
    belongs(attempt.bucket, "x-amz-expected-bucket-owner")
        && belongs(
            source.as_ref().map(|(bucket, _)| &**bucket),
            "x-amz-source-expected-bucket-owner",
        )
}

/// The number of an account, by its canonical id. Accounts of tests have no number besides.
fn account_number(id: &str) -> &str {
    if id == OWNER_ID { ACCOUNT_ID } else { id }
}

fn may_read_source(store: &Store, attempt: &Attempt<'_>) -> bool {
    let Some((name, key)) = attempt.copy_source() else {
        return true;
    };
    let Ok(bucket) = store.bucket(&name) else {
        return true;
    };
    let reading = Attempt {
        operation: "GetObject",
        bucket: Some(&name),
        key: Some(&key),
        ..*attempt
    };
    bucket.read(|state| may(&bucket, state, &reading)).unwrap_or(true)
}

fn may(bucket: &Bucket, state: &State, attempt: &Attempt<'_>) -> bool {
    let owns = attempt.account == Some(&*bucket.owner);
    let enforced = state.config.is_owner_enforced();
    if owns && state.config.policy.is_none() && !state.config.foreign_objects {
        return true;
    }
    let version = attempt.query("versionId");
    let (action, scope) = needs(attempt.operation, version.is_some());
    let id = version.and_then(|text| text.parse::<VersionId>().ok());
    let entry = attempt.key.and_then(|key| state.keys.get(key));
    let version = entry.and_then(|entry| id.map_or(Some(&entry.newest), |id| entry.find(id)));
    let object = version.and_then(|version| version.object.as_deref());
    match policy_effect(bucket, state.config.policy.as_ref(), attempt, &action, object) {
        // The owner of a bucket can always repair its policy.
        Effect::Deny => return owns && action.ends_with("BucketPolicy"),
        Effect::Allow if owns || !restricted(state) => return true,
        Effect::Allow | Effect::Nothing => {}
    }
    let ignore_public = setting(state, |block| block.ignore_public_acls);
    let bucket_grants = |wanted| {
        owns || match &state.config.acl {
            Some(_) if enforced => false,
            Some(acl) => acl.allows(attempt.account, wanted, ignore_public),
            None => false,
        }
    };
    match scope {
        Scope::Owner => owns,
        Scope::Bucket(wanted) => bucket_grants(wanted),
        // Without the object, a principal that may list the bucket may know that it is not there.
        Scope::Object(wanted) => match object {
            None => bucket_grants(Permission::Read),
            Some(_) if enforced => owns,
            Some(object) => object_grants(bucket, object, attempt.account, wanted, ignore_public),
        },
    }
}

fn policy_effect(
    bucket: &Bucket,
    policy: Option<&Policy>,
    attempt: &Attempt<'_>,
    action: &str,
    object: Option<&Object>,
) -> Effect {
    let Some(policy) = policy else {
        return Effect::Nothing;
    };
    let resource = match (attempt.key, attempt.operation) {
        (Some(key), _) => format!("{}/{key}", bucket.name),
        (None, "DeleteObjects" | "PostObject") => format!("{}/*", bucket.name),
        (None, _) => bucket.name.to_string(),
    };
    policy.judge(&Question {
        account: attempt.account,
        action,
        resource: &resource,
        value: &|key| attempt.condition_value(object, key),
    })
}

/// A public access block may keep what a public policy allows from everybody but the owner.
fn restricted(state: &State) -> bool {
    let public = state.config.policy.as_ref().is_some_and(Policy::is_public);
    public && setting(state, |block| block.restrict_public_buckets)
}

fn setting(state: &State, of: fn(&s3s::dto::PublicAccessBlockConfiguration) -> Option<bool>) -> bool {
    state.config.public_access_block.as_ref().and_then(of) == Some(true)
}

fn object_grants(
    bucket: &Bucket,
    object: &Object,
    account: Option<&str>,
    wanted: Permission,
    ignore_public: bool,
) -> bool {
    let extra = object.extra.as_deref();
    let owner = extra
        .and_then(|extra| extra.owner.as_deref())
        .unwrap_or(&bucket.owner);
    if account == Some(owner) {
        return true;
    }
    let acl: Option<&Acl> = extra.and_then(|extra| extra.acl.as_deref());
    acl.is_some_and(|acl| acl.allows(account, wanted, ignore_public))
}
