//! AWS's error codes in plain words: what a step's failure means for the plan.

use crate::scenario::{OnFailure, ReplicationStatus, Step, StepAction, VersioningStatus};

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
    let words = match (code, action) {
        ("InvalidBucketState", StepAction::S3PutVersioning(step))
            if step.status == VersioningStatus::Suspended =>
        {
            "AWS does not let versioning be suspended while the bucket has a replication configuration."
        }
        ("InvalidBucketState", _) => "The state of the bucket does not allow this.",
        ("InvalidRequest", StepAction::S3PutReplication(_)) => {
            "Replication needs versioning to be enabled on both buckets."
        }
        ("NoSuchBucket", _) => "The bucket was not there: nothing had made it again by then.",
        ("NoSuchKey" | "NoSuchVersion", _) => "What was to be read had been deleted.",
        ("ReplicationConfigurationNotFoundError", _) => "The bucket has no replication configuration.",
        ("BucketAlreadyOwnedByYou", StepAction::S3CreateBucket(_)) => "The bucket was there already.",
        ("AccessDenied", _) => "The operator's permissions do not allow it.",
        ("SlowDown" | "ServiceUnavailable", _) => {
            "The service asked for fewer requests, and retries did not help."
        }
        ("Timeout", _) => "It was ended at its timeout.",
        _ => return None,
    };
    Some(words)
}

/// What did not happen because a step failed.
pub(super) fn not_achieved(step: &Step) -> String {
    match &step.action {
        StepAction::Human(_) => "What people were to do was not done.".to_owned(),
        StepAction::Wait(_) => "The wait did not come to its end.".to_owned(),
        StepAction::S3PutVersioning(step) => match step.status {
            VersioningStatus::Suspended => format!(
                "Versioning of {} stayed as it was, and with it every write and delete that this line was to stop \
                 or keep from making versions.",
                step.bucket
            ),
            VersioningStatus::Enabled => format!("Writes to {} keep no older versions.", step.bucket),
        },
        StepAction::S3PutReplication(step) => match step.status {
            ReplicationStatus::Enabled => format!(
                "Writes to {} are not copied: it has no replica to fall back on.",
                step.bucket
            ),
            ReplicationStatus::Disabled => {
                format!("Damage in {} could still be copied to its replica.", step.bucket)
            }
        },
        StepAction::S3Audit(step) => format!("Nobody knew what was damaged in {}.", step.bucket),
        StepAction::S3RestoreVersions(step) => format!("Not everything in {} was undeleted.", step.bucket),
        StepAction::S3RestoreObjects(step) => format!("Not everything in {} was restored.", step.bucket),
        StepAction::S3Sync(step) => format!("Not everything was copied to {}.", step.to.bucket),
        StepAction::S3CreateBucket(step) => format!("Bucket {} was not made by this step.", step.bucket),
        StepAction::S3VerifyIntegrity(step) => {
            format!("{} is not as sound as the plan takes it to be.", step.bucket)
        }
        StepAction::Shell(_) => {
            "Its commands may have done a part of what they were to do, or nothing.".to_owned()
        }
        StepAction::Parallel(_) => "Not every one of its steps was done.".to_owned(),
        StepAction::Check(_) if step.on_failure == OnFailure::Abort => {
            "The steps that come after it were not started.".to_owned()
        }
        StepAction::Check(step) => format!("The runbook went on though {} was not green.", step.probe),
        StepAction::Notify(step) => format!("{} was not told.", step.to),
        StepAction::DnsFailover(step) => format!("Clients were not sent to region {}.", step.to),
        StepAction::StackDeploy(step) => format!("Not everything was built in region {}.", step.region),
        StepAction::ReplicationReverse(step) => {
            format!("What is written to {} now reaches no second region.", step.bucket)
        }
        StepAction::ReplicationDrain(step) => {
            format!(
                "Not everything that was written to {} is in the region in use.",
                step.bucket
            )
        }
        StepAction::LambdaDeploy(step) => format!("Function {} was not deployed.", step.function),
        StepAction::LambdaRollback(step) => {
            format!("Function {} still runs its newest version.", step.function)
        }
        StepAction::LambdaRedrive(step) => {
            format!("What failed in function {} was not invoked again.", step.function)
        }
        StepAction::LambdaPutConcurrency(step) => {
            format!("Function {} keeps the concurrency that it had.", step.function)
        }
        StepAction::IotRestartBroker(step) => {
            format!("The broker of region {} was not started.", step.region)
        }
    }
}
