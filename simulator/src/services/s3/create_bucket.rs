//! `s3.create_bucket`: a lost bucket is made again, with the region and versioning that it had.

use async_trait::async_trait;
use cloud_emulator::client::ask;
use drill::journal::StepError;
use drill::scenario::S3CreateBucket;

use super::buckets;
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3CreateBucket {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let bucket = buckets::bucket(step, &self.bucket);
        let region = step.drill.access.aws_region(&bucket.region);
        if ask::create_bucket(&step.client, &bucket.name, region, bucket.versioned).await? {
            Ok(format!("{} made in {region}", bucket.name))
        } else {
            Err(StepError {
                operation: "CreateBucket".to_owned(),
                code: "BucketAlreadyOwnedByYou".to_owned(),
                message: format!("bucket {} is there already", bucket.name),
            })
        }
    }
}
