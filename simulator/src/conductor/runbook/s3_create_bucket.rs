//! `s3.create_bucket`: a lost bucket is made again, with the region and versioning that it had.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use drill::journal::StepError;
use drill::scenario::S3CreateBucket;

use super::StepContext;
use cloud_emulator::client::ask::api_error;

/// The region in which a bucket has no location constraint.
const DEFAULT_REGION: &str = "us-east-1";

pub(crate) async fn run(action: &S3CreateBucket, step: &StepContext<'_>) -> Result<String, StepError> {
    let bucket = step.bucket(&action.bucket);
    let region = step
        .drill
        .scenario
        .cloud
        .aws_region(&bucket.region)
        .unwrap_or(DEFAULT_REGION);
    let location = (region != DEFAULT_REGION).then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    });
    let request = step
        .client
        .create_bucket()
        .bucket(&bucket.name)
        .set_create_bucket_configuration(location);
    request
        .send()
        .await
        .map_err(|error| api_error("CreateBucket", &error))?;
    if bucket.versioned {
        let enabled = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let request = step
            .client
            .put_bucket_versioning()
            .bucket(&bucket.name)
            .versioning_configuration(enabled);
        request
            .send()
            .await
            .map_err(|error| api_error("PutBucketVersioning", &error))?;
    }
    Ok(format!("{} made in {region}", bucket.name))
}
