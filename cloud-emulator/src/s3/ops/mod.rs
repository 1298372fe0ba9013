//! The operations of the S3 API, one file per group.

pub(crate) mod bucket;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod replication;
pub(crate) mod versioning;

use s3s::{S3Response, S3Result};

/// Most operations answer with their output and nothing else.
pub(crate) fn answer<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}
