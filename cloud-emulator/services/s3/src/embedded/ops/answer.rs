//! What most operations answer with.

use s3s::{S3Response, S3Result};

/// An output and nothing else.
pub(crate) fn answer<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}
