//! `s3.create_bucket`: a lost bucket is made again, with the region and versioning that it had.

use cloud_emulator::client::ask;
use drill::journal::StepError;
use drill::scenario::S3CreateBucket;

use super::StepContext;

pub(crate) async fn run(action: &S3CreateBucket, step: &StepContext<'_>) -> Result<String, StepError> {
    let bucket = step.bucket(&action.bucket);
    let region = step.drill.aws_region(&bucket.region);
    match ask::create_bucket(&step.client, &bucket.name, region, bucket.versioned).await? {
        true => Ok(format!("{} made in {region}", bucket.name)),
        false => Err(StepError {
            operation: "CreateBucket".to_owned(),
            code: "BucketAlreadyOwnedByYou".to_owned(),
            message: format!("bucket {} is there already", bucket.name),
        }),
    }
}
