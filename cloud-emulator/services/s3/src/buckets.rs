//! Buckets as the scenario declares them: made, filled with their history, replicated.

use bytes::Bytes;
use cloud_client::{S3, ask};
use cloud_service::{CloudError, CloudOptions};
use drill::journal::StepError;
use drill::scenario::{Bucket, Scenario};
use sha2::{Digest, Sha256};

use crate::error::S3Failure;
use crate::past::Past;
use crate::storage::S3Storage;

/// Why a declared bucket cannot be had.
pub(crate) fn declared(bucket: &Bucket, why: impl std::fmt::Display) -> CloudError {
    CloudError::new(format!("make bucket {}", bucket.name), why)
}

/// The bucket at home, and its replica.
pub(crate) async fn create(s3: &S3Storage, scenario: &Scenario, bucket: &Bucket) -> Result<(), S3Failure> {
    let region = |label: &str| scenario.cloud.aws_region(label).unwrap_or_default().to_owned();
    s3.declare_bucket(&bucket.name, &region(&bucket.region), bucket.versioned)
        .await?;
    if let Some(replicate) = &bucket.replicate {
        s3.declare_bucket(&replicate.name, &region(&replicate.to), true)
            .await?;
    }
    Ok(())
}

/// The inventory, written before drill 0, with its replicas in place.
pub(crate) async fn fill(
    s3: &S3Storage,
    options: &CloudOptions<'_>,
    bucket: &Bucket,
) -> Result<(), S3Failure> {
    let replica = bucket.replicate.as_ref().map(|replicate| replicate.name.as_str());
    let pasts = options.plan.inventory(&bucket.label).iter().map(|object| {
        let body = options.plan.object_body(&bucket.label, object);
        Past {
            key: object.key.clone(),
            sha256: Sha256::digest(&body).into(),
            body: Bytes::from(body),
            written: object.written_at,
            modified_us: options.clock.calendar_us_at(object.written_at),
        }
    });
    s3.fill(&bucket.name, replica, Box::new(pasts)).await
}

/// The declared replication, put as an operator would.
pub(crate) async fn replicate(operator: &S3, bucket: &Bucket) -> Result<(), StepError> {
    let Some(replicate) = &bucket.replicate else {
        return Ok(());
    };
    let (from, to) = (&bucket.name, &replicate.name);
    ask::put_replication(operator.client(), from, to, true, replicate.delete_markers).await
}
