//! Between the protocol's messages and what is stored: headers, metadata, tags, checksums, encryption.
//!
//! Several messages carry the same fields without sharing a type, so those that differ in nothing but their
//! type are filled and read by macros.

use std::collections::HashMap;

use s3s::dto::{ServerSideEncryption, StorageClass};
use s3s::{S3Result, s3_error};

use super::bucket::Bucket;
use super::object::{Encryption, Extra, Object};

/// AWS allows 2 KiB of user metadata, names and values together.
const MOST_METADATA: usize = 2048;

/// The pairs of a [`tags`](Extra::tags) list.
pub(crate) type Pairs = Vec<(Box<str>, Box<str>)>;

/// User metadata in the order of its names.
pub(crate) fn metadata(map: Option<HashMap<String, String>>) -> S3Result<Pairs> {
    let Some(map) = map else { return Ok(Vec::new()) };
    let size: usize = map.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MOST_METADATA {
        return Err(s3_error!(
            MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size"
        ));
    }
    let mut pairs: Pairs = map.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
    pairs.sort();
    Ok(pairs)
}

/// User metadata as answers carry it.
pub(crate) fn metadata_map(extra: &Extra) -> Option<HashMap<String, String>> {
    let pairs = extra.metadata.iter();
    (!extra.metadata.is_empty()).then(|| pairs.map(|(n, v)| (n.to_string(), v.to_string())).collect())
}

/// The tags of an `x-amz-tagging` header, a query string.
pub(crate) fn header_tags(text: Option<&str>) -> S3Result<Pairs> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let pairs = form_urlencoded::parse(text.as_bytes());
    check_tags(pairs.map(|(n, v)| (n.into(), v.into())).collect(), 10)
}

/// Tags within AWS's limits: so many, each named once. In the order of their names.
pub(crate) fn check_tags(mut pairs: Pairs, most: usize) -> S3Result<Pairs> {
    pairs.sort();
    if pairs.len() > most {
        return Err(match most {
            10 => s3_error!(InvalidTag, "Object tags cannot be greater than 10"),
            _ => s3_error!(InvalidTag, "Bucket tag count cannot be greater than {most}"),
        });
    }
    for (index, (name, value)) in pairs.iter().enumerate() {
        if name.is_empty() || name.chars().count() > 128 {
            return Err(s3_error!(InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(s3_error!(InvalidTag, "The TagValue you have provided is invalid"));
        }
        if index > 0 && pairs[index - 1].0 == *name {
            return Err(s3_error!(
                InvalidTag,
                "Cannot provide multiple Tags with the same key"
            ));
        }
    }
    Ok(pairs)
}

/// `Content-Encoding` without `aws-chunked`, which belongs to the transfer.
pub(crate) fn content_encoding(text: Option<String>) -> Option<Box<str>> {
    let text = text?;
    let kept: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(",").into())
}

/// A customer's key as three headers describe it. Nothing is really encrypted, but a read must bring the
/// same key again, as with AWS.
pub(crate) fn customer_key(
    algorithm: Option<&str>,
    key: Option<&str>,
    md5: Option<&str>,
) -> S3Result<Option<Box<str>>> {
    let (algorithm, key, md5) = match (algorithm, key, md5) {
        (None, None, None) => return Ok(None),
        (Some(algorithm), Some(key), Some(md5)) => (algorithm, key, md5),
        (None, ..) => {
            return Err(s3_error!(
                InvalidArgument,
                "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm."
            ));
        }
        (_, None, _) => {
            return Err(s3_error!(
                InvalidArgument,
                "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key."
            ));
        }
        (_, _, None) => {
            return Err(s3_error!(
                InvalidArgument,
                "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key."
            ));
        }
    };
    if algorithm != "AES256" {
        return Err(s3_error!(
            InvalidEncryptionAlgorithmError,
            "The encryption request that you specified is not valid. The valid value is AES256."
        ));
    }
    let key = base64_simd::STANDARD.decode_to_vec(key).unwrap_or_default();
    if key.len() != 32 {
        return Err(s3_error!(
            InvalidArgument,
            "The secret key was invalid for the specified algorithm."
        ));
    }
    if base64_simd::STANDARD.encode_to_string(super::checksum::md5(&key)) != md5 {
        return Err(s3_error!(
            InvalidArgument,
            "The calculated MD5 hash of the key did not match the hash that was provided."
        ));
    }
    Ok(Some(md5.into()))
}

/// Whether a read brings the key that the object was stored with.
pub(crate) fn check_customer_key(object: &Object, brought: Option<Box<str>>) -> S3Result<()> {
    let extra = object.extra.as_ref();
    check_customer_key_of(extra.and_then(|extra| extra.encryption.as_deref()), brought)
}

/// Whether a request brings the key that `stored` names.
pub(crate) fn check_customer_key_of(stored: Option<&Encryption>, brought: Option<Box<str>>) -> S3Result<()> {
    match (
        stored.and_then(|e| e.customer_key_md5.as_deref()),
        brought.as_deref(),
    ) {
        (None, None) => Ok(()),
        (Some(stored), Some(brought)) if stored == brought => Ok(()),
        (Some(_), Some(_)) => Err(s3_error!(
            InvalidRequest,
            "The provided encryption parameters did not match the ones used originally."
        )),
        (Some(_), None) => Err(s3_error!(
            InvalidRequest,
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."
        )),
        (None, Some(_)) => Err(s3_error!(
            InvalidRequest,
            "The encryption parameters are not applicable to this object."
        )),
    }
}

/// A storage class that AWS knows; `STANDARD` is not worth storing.
pub(crate) fn storage_class(class: Option<&StorageClass>) -> S3Result<Option<Box<str>>> {
    const KNOWN: [&str; 8] = [
        StorageClass::DEEP_ARCHIVE,
        StorageClass::GLACIER,
        StorageClass::GLACIER_IR,
        StorageClass::INTELLIGENT_TIERING,
        StorageClass::ONEZONE_IA,
        StorageClass::REDUCED_REDUNDANCY,
        StorageClass::STANDARD,
        StorageClass::STANDARD_IA,
    ];
    match class.map(StorageClass::as_str) {
        None | Some(StorageClass::STANDARD) => Ok(None),
        Some(class) if KNOWN.contains(&class) => Ok(Some(class.into())),
        Some(_) => Err(s3_error!(
            InvalidStorageClass,
            "The storage class you specified is not valid"
        )),
    }
}

/// The encryption that a write asks for.
pub(crate) fn encryption(
    algorithm: Option<&ServerSideEncryption>,
    kms_key: Option<&str>,
    customer_key_md5: Option<Box<str>>,
) -> S3Result<Option<Box<Encryption>>> {
    let algorithm = algorithm.map(ServerSideEncryption::as_str);
    if algorithm.is_some() && customer_key_md5.is_some() {
        return Err(s3_error!(
            InvalidArgument,
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
        ));
    }
    match algorithm {
        None | Some("AES256") if kms_key.is_some() => {
            return Err(s3_error!(
                InvalidArgument,
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
            ));
        }
        None | Some("AES256" | "aws:kms" | "aws:kms:dsse") => {}
        Some(_) => {
            return Err(s3_error!(
                InvalidArgument,
                "The encryption method specified is not supported"
            ));
        }
    }
    let encryption = Encryption {
        algorithm: algorithm.map(Into::into),
        kms_key: kms_key.map(Into::into),
        customer_key_md5,
    };
    Ok((encryption != Encryption::default()).then(|| Box::new(encryption)))
}

/// The encryption that a write asks for, or that its bucket gives.
pub(crate) fn or_default(
    bucket: &Bucket,
    asked: Option<Box<Encryption>>,
) -> S3Result<Option<Box<Encryption>>> {
    match asked {
        None => Ok(bucket.read(|state| state.config.default_encryption())?),
        asked => Ok(asked),
    }
}

/// The encryption as answers name it: S3's own where nothing else was asked for, and none of S3's under a customer's key.
pub(crate) fn shown_encryption(encryption: Option<&Encryption>) -> Option<ServerSideEncryption> {
    match encryption {
        None => Some(ServerSideEncryption::from_static(ServerSideEncryption::AES256)),
        Some(encryption) => {
            let algorithm = encryption.algorithm.as_deref();
            algorithm.map(|algorithm| ServerSideEncryption::from(algorithm.to_owned()))
        }
    }
}

/// `None` when there is nothing in it that has to be kept.
pub(crate) fn boxed(extra: Extra) -> Option<Box<Extra>> {
    (extra != Extra::default()).then(|| Box::new(extra))
}
