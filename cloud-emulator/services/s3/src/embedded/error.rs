//! What can go wrong in the store, and how S3 says it.

use s3s::{S3Error, S3ErrorCode, s3_error};

use super::meter::OutOfMemory;

/// Why the store refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No bucket of that name in any region.
    #[error("The specified bucket does not exist: {0}")]
    NoSuchBucket(String),
    /// The name is taken (names are global).
    #[error("The bucket exists already: {0}")]
    BucketExists(String),
    /// Versions count, delete markers too.
    #[error("The bucket you tried to delete is not empty. You must delete all versions in the bucket.")]
    BucketNotEmpty,
    /// Not what AWS allows as a bucket's name.
    #[error("The specified bucket is not valid: {0}")]
    InvalidBucketName(String),
    /// As many buckets as an account may have.
    #[error("You have attempted to create more buckets than allowed.")]
    TooManyBuckets,
    /// A region that this cloud does not have.
    #[error("The specified location-constraint is not valid: {0}")]
    InvalidRegion(String),
    /// The key has no current version.
    #[error("The specified key does not exist: {0}")]
    NoSuchKey(String),
    /// No version of that id.
    #[error("The specified version does not exist.")]
    NoSuchVersion,
    /// The multipart upload was never begun, or is over.
    #[error(
        "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )]
    NoSuchUpload,
    /// An `If-Match` or its like did not hold.
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    /// The change contradicts another setting of the bucket.
    #[error("{0}")]
    InvalidBucketState(&'static str),
    /// The body is not the one that its stored checksum was computed from.
    #[error("The body does not match the checksum stored with it")]
    ChecksumMismatch,
    /// A retention or a legal hold protects the version.
    #[error("Access Denied because object protected by object lock.")]
    Locked,
    /// The configured memory is used up.
    #[error("The emulated S3 is full: it holds at most {limit} bytes in memory")]
    Full {
        /// The configured limit in bytes.
        limit: u64,
    },
    /// A body larger than allowed.
    #[error("Your proposed upload exceeds the maximum allowed size: {limit} bytes")]
    TooLarge {
        /// The configured limit in bytes.
        limit: u64,
    },
}

/// An error of AWS that the protocol library does not know, with its HTTP status.
pub(crate) fn custom(code: &'static str, status: http::StatusCode, message: impl Into<String>) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message.into());
    error.set_status_code(status);
    error
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

impl From<OutOfMemory> for StoreError {
    fn from(OutOfMemory { limit }: OutOfMemory) -> StoreError {
        StoreError::Full { limit }
    }
}

impl From<OutOfMemory> for S3Error {
    fn from(full: OutOfMemory) -> S3Error {
        StoreError::from(full).into()
    }
}

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> S3Error {
        let code = match &error {
            StoreError::NoSuchBucket(_) => S3ErrorCode::NoSuchBucket,
            StoreError::BucketExists(_) => S3ErrorCode::BucketAlreadyOwnedByYou,
            StoreError::BucketNotEmpty => S3ErrorCode::BucketNotEmpty,
            StoreError::InvalidBucketName(_) => S3ErrorCode::InvalidBucketName,
            StoreError::TooManyBuckets => S3ErrorCode::TooManyBuckets,
            StoreError::InvalidRegion(_) => S3ErrorCode::InvalidLocationConstraint,
            StoreError::NoSuchKey(_) => S3ErrorCode::NoSuchKey,
            StoreError::NoSuchVersion => S3ErrorCode::NoSuchVersion,
            StoreError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StoreError::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            StoreError::InvalidBucketState(_) => S3ErrorCode::InvalidBucketState,
            StoreError::ChecksumMismatch => S3ErrorCode::BadDigest,
            StoreError::Locked => S3ErrorCode::AccessDenied,
            // SDKs retry 503 for minutes; a full store does not get better by that.
            StoreError::Full { .. } => {
                let status = http::StatusCode::INSUFFICIENT_STORAGE;
                return custom("InsufficientStorage", status, error.to_string());
            }
            StoreError::TooLarge { .. } => S3ErrorCode::EntityTooLarge,
        };
        S3Error::with_message(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_status_that_aws_gives_them() {
        let status = |e: StoreError| S3Error::from(e).status_code().map(|s| s.as_u16());
        assert_eq!(status(StoreError::NoSuchBucket("b".into())), Some(404));
        assert_eq!(status(StoreError::BucketExists("b".into())), Some(409));
        assert_eq!(status(StoreError::BucketNotEmpty), Some(409));
        assert_eq!(status(StoreError::InvalidBucketState("x")), Some(409));
        assert_eq!(status(StoreError::PreconditionFailed), Some(412));
        assert_eq!(status(StoreError::Full { limit: 1 }), Some(507));
        assert_eq!(status(StoreError::TooLarge { limit: 1 }), Some(400));
    }
}
