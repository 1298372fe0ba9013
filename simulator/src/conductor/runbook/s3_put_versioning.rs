//! `s3.put_versioning`: versioning is enabled or suspended, if AWS lets it be.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use drill::journal::StepError;
use drill::scenario::{S3PutVersioning, VersioningStatus};

use super::StepContext;
use cloud_emulator::client::ask::api_error;

pub(crate) async fn run(action: &S3PutVersioning, step: &StepContext<'_>) -> Result<String, StepError> {
    let (status, word) = match action.status {
        VersioningStatus::Enabled => (BucketVersioningStatus::Enabled, "enabled"),
        VersioningStatus::Suspended => (BucketVersioningStatus::Suspended, "suspended"),
    };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request = step
        .client
        .put_bucket_versioning()
        .bucket(&step.bucket(&action.bucket).name);
    let sent = request.versioning_configuration(configuration).send().await;
    sent.map_err(|error| api_error("PutBucketVersioning", &error))?;
    Ok(format!("versioning {word}"))
}
