//! The operations of the S3 API, one file per group.

pub(crate) mod acl;
pub(crate) mod attributes;
pub(crate) mod bucket;
pub(crate) use bucket::{Homeless, home_of_new};
pub(crate) mod complete;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod list_versions;
pub(crate) mod lock;
pub(crate) mod multipart;
pub(crate) mod policy;
pub(crate) mod put;
pub(crate) mod replication;
pub(crate) mod restore;
pub(crate) mod tagging;
pub(crate) mod uploads;
pub(crate) mod versioning;

use s3s::{S3Error, S3Response, S3Result, s3_error};

/// Most operations answer with their output and nothing else.
pub(crate) fn answer<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

/// A setting that would be taken and not followed.
pub(crate) fn not_emulated(what: &str) -> S3Error {
    s3_error!(
        NotImplemented,
        "{what} in the emulated S3, which refuses what it would not do"
    )
}

/// A document that says what the schema does not allow.
pub(crate) fn malformed() -> S3Error {
    s3_error!(
        MalformedXML,
        "The XML you provided was not well-formed or did not validate against our published schema"
    )
}
