//! Tags of objects and of buckets.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::attributes::{Pairs, check_tags};
use crate::embedded::found::{find, version_id};
use crate::embedded::service::Service;

/// An object has at most so many tags.
const MOST_OBJECT_TAGS: usize = 10;
/// A bucket has at most so many tags.
const MOST_BUCKET_TAGS: usize = 50;

fn pairs(tagging: Tagging, most: usize) -> S3Result<Pairs> {
    let tags = tagging.tag_set.into_iter();
    let pairs = tags.map(|tag| {
        (
            tag.key.unwrap_or_default().into(),
            tag.value.unwrap_or_default().into(),
        )
    });
    check_tags(pairs.collect(), most)
}

fn tag_set(pairs: &[(Box<str>, Box<str>)]) -> TagSet {
    let tag = |(key, value): &(Box<str>, Box<str>)| Tag {
        key: Some(key.to_string()),
        value: Some(value.to_string()),
    };
    pairs.iter().map(tag).collect()
}

/// The tags of a version, which may be none.
pub(crate) fn get_object(
    service: &Service,
    req: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let id = version_id(req.input.version_id.as_deref())?;
    let bucket = service.store.bucket(&req.input.bucket)?;
    let found = bucket.read(|state| find(state, &req.input.key, id))??;
    answer(GetObjectTaggingOutput {
        tag_set: tag_set(found.object.tags()),
        version_id: found.version.map(|v| v.to_string()),
    })
}

/// Replaces the tags of a version.
pub(crate) fn put_object(
    service: &Service,
    req: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let id = version_id(req.input.version_id.as_deref())?;
    let bucket = service.store.bucket(&req.input.bucket)?;
    let tags = pairs(req.input.tagging, MOST_OBJECT_TAGS)?;
    let ((), version) = service.store.amend(&bucket, &req.input.key, id, |_, object| {
        object.extra_mut().tags = tags;
        Ok(())
    })?;
    answer(PutObjectTaggingOutput {
        version_id: version.map(|v| v.to_string()),
    })
}

/// Removes the tags of a version.
pub(crate) fn delete_object(
    service: &Service,
    req: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let id = version_id(req.input.version_id.as_deref())?;
    let bucket = service.store.bucket(&req.input.bucket)?;
    let ((), version) = service.store.amend(&bucket, &req.input.key, id, |_, object| {
        object.extra_mut().tags = Vec::new();
        Ok(())
    })?;
    let output = DeleteObjectTaggingOutput {
        version_id: version.map(|v| v.to_string()),
    };
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

/// The tags of a bucket, or 404 when it has none.
pub(crate) fn get_bucket(
    service: &Service,
    req: S3Request<GetBucketTaggingInput>,
) -> S3Result<S3Response<GetBucketTaggingOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let tags = bucket.read(|state| state.config.tags.clone())?;
    let tag_set = tags.ok_or_else(|| s3_error!(NoSuchTagSet, "The TagSet does not exist"))?;
    answer(GetBucketTaggingOutput { tag_set })
}

/// Replaces the tags of a bucket.
pub(crate) fn put_bucket(
    service: &Service,
    req: S3Request<PutBucketTaggingInput>,
) -> S3Result<S3Response<PutBucketTaggingOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let tags = tag_set(&pairs(req.input.tagging, MOST_BUCKET_TAGS)?);
    bucket.write(|state| state.config.tags = Some(tags))?;
    Ok(S3Response::with_status(
        PutBucketTaggingOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}

/// Removes the tags of a bucket.
pub(crate) fn delete_bucket(
    service: &Service,
    req: S3Request<DeleteBucketTaggingInput>,
) -> S3Result<S3Response<DeleteBucketTaggingOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    bucket.write(|state| state.config.tags = None)?;
    Ok(S3Response::with_status(
        DeleteBucketTaggingOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}
