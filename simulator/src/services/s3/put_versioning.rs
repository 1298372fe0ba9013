//! `s3.put_versioning`: versioning is enabled or suspended, if AWS lets it be.

use async_trait::async_trait;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use cloud_emulator::client::ask::api_error;
use drill::journal::StepError;
use drill::scenario::{S3PutVersioning, VersioningStatus};

use super::buckets;
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3PutVersioning {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let (status, word) = match self.status {
            VersioningStatus::Enabled => (BucketVersioningStatus::Enabled, "enabled"),
            VersioningStatus::Suspended => (BucketVersioningStatus::Suspended, "suspended"),
        };
        let configuration = VersioningConfiguration::builder().status(status).build();
        let request = step
            .client
            .put_bucket_versioning()
            .bucket(&buckets::bucket(step, &self.bucket).name);
        let sent = request.versioning_configuration(configuration).send().await;
        sent.map_err(|error| api_error("PutBucketVersioning", &error))?;
        Ok(format!("versioning {word}"))
    }
}
