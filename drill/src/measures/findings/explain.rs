//! AWS's error codes in plain words: what a step's failure means for the plan.

use crate::scenario::StepAction;

/// The HTTP status that AWS sends with an error code of S3, where the code has only one.
pub(super) fn http_status(code: &str) -> Option<u16> {
    let status = match code {
        "InvalidRequest" | "InvalidArgument" | "MalformedXML" | "InvalidBucketName" | "BadDigest" => 400,
        "AccessDenied" | "SignatureDoesNotMatch" | "InvalidAccessKeyId" | "InvalidObjectState" => 403,
        "NoSuchBucket"
        | "NoSuchKey"
        | "NoSuchVersion"
        | "NoSuchUpload"
        | "ReplicationConfigurationNotFoundError" => 404,
        "MethodNotAllowed" => 405,
        "InvalidBucketState"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "BucketNotEmpty"
        | "OperationAborted" => 409,
        "PreconditionFailed" => 412,
        "InternalError" => 500,
        "NotImplemented" => 501,
        "ServiceUnavailable" | "SlowDown" => 503,
        _ => return None,
    };
    Some(status)
}

/// Why AWS refuses, in plain words.
pub(super) fn code(code: &str, action: &StepAction) -> Option<&'static str> {
    if let Some(words) = action.refusal(code) {
        return Some(words);
    }
    let words = match code {
        "InvalidBucketState" => "The state of the bucket does not allow this.",
        "NoSuchBucket" => "The bucket was not there: nothing had made it again by then.",
        "NoSuchKey" | "NoSuchVersion" => "What was to be read had been deleted.",
        "ReplicationConfigurationNotFoundError" => "The bucket has no replication configuration.",
        "AccessDenied" => "The operator's permissions do not allow it.",
        "SlowDown" | "ServiceUnavailable" => {
            "The service asked for fewer requests, and retries did not help."
        }
        "Timeout" => "It was ended at its timeout.",
        _ => return None,
    };
    Some(words)
}
