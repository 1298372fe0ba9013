//! Buckets: create, delete, list, where they are.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer;
use crate::s3::bucket::State;
use crate::s3::calendar::timestamp;
use crate::s3::owner;
use crate::s3::service::Service;

/// The region whose location is the empty one.
const CLASSIC_REGION: &str = "us-east-1";

/// Where a new bucket goes: as its location constraint says, else where the request was signed for, else
/// to the gateway's own region.
fn home(service: &Service, req: &S3Request<CreateBucketInput>) -> String {
    let config = req.input.create_bucket_configuration.as_ref();
    let constraint = config.and_then(|c| c.location_constraint.as_ref());
    if let Some(constraint) = constraint.map(BucketLocationConstraint::as_str)
        && !constraint.is_empty()
    {
        // The old name of the first European region.
        return if constraint == "EU" {
            "eu-west-1".to_owned()
        } else {
            constraint.to_owned()
        };
    }
    let signed = req.region.as_ref().map(s3s::region::Region::as_str);
    let signed = signed.filter(|name| service.store.region(name).is_some());
    let listener = req.extensions.get::<crate::gateway::ListenerRegion>();
    signed
        .or(listener.map(|region| &*region.0))
        .unwrap_or(&service.default_region)
        .to_owned()
}

/// Makes a bucket. Names are global: one that exists in any region is taken.
pub(crate) fn create(
    service: &Service,
    req: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let region = home(service, &req);
    let name = &req.input.bucket;
    let state = State::default();
    service.store.add_bucket(name, &region, state)?;
    answer(CreateBucketOutput {
        location: Some(format!("/{name}")),
    })
}

/// Removes an empty bucket; versions and delete markers count as content.
pub(crate) fn delete(
    service: &Service,
    req: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    service.store.remove_bucket(&req.input.bucket, false)?;
    Ok(S3Response::with_status(
        DeleteBucketOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}

/// Tells that a bucket is there, and in which region.
pub(crate) fn head(
    service: &Service,
    req: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    answer(HeadBucketOutput {
        bucket_region: Some(bucket.region.to_string()),
        access_point_alias: Some(false),
        ..Default::default()
    })
}

/// The home region; us-east-1 is the empty constraint, as it always was.
pub(crate) fn location(
    service: &Service,
    req: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let region = bucket.region.to_string();
    answer(GetBucketLocationOutput {
        location_constraint: (region != CLASSIC_REGION).then(|| BucketLocationConstraint::from(region)),
    })
}

/// All buckets of all regions, in the order of their names, paged when asked.
pub(crate) fn list(
    service: &Service,
    req: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let input = req.input;
    let most = match input.max_buckets {
        None => usize::MAX,
        Some(n) if (1..=10_000).contains(&n) => n as usize,
        Some(_) => {
            return Err(s3_error!(
                InvalidArgument,
                "max-buckets must be between 1 and 10000"
            ));
        }
    };
    let prefix = input.prefix.as_deref().unwrap_or("");
    let after = input.continuation_token.as_deref().unwrap_or("");
    let wanted = |name: &str, region: &str| {
        name.starts_with(prefix) && name > after && input.bucket_region.as_deref().is_none_or(|r| r == region)
    };
    let mut found = service.store.all_buckets();
    found.retain(|b| wanted(&b.name, &b.region));
    let more = found.len() > most;
    found.truncate(most);
    answer(ListBucketsOutput {
        continuation_token: found.last().filter(|_| more).map(|b| b.name.to_string()),
        buckets: Some(
            found
                .iter()
                .map(|b| Bucket {
                    bucket_region: Some(b.region.to_string()),
                    creation_date: Some(timestamp(b.created_us)),
                    name: Some(b.name.to_string()),
                })
                .collect(),
        ),
        owner: Some(owner()),
        prefix: input.prefix,
    })
}
