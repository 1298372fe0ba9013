//! Access control lists of buckets and objects.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::acl::Acl;
use crate::embedded::bucket::Bucket;
use crate::embedded::fields::{asked_of, bucket_asked_of};
use crate::embedded::found::{find, version_id};
use crate::embedded::grants::{check_disabled, check_public};
use crate::embedded::object::Extra;
use crate::embedded::service::Service;

/// The list of a bucket; private until one was put.
pub(crate) fn get_bucket(
    service: &Service,
    req: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let acl = bucket.read(|state| state.config.acl.clone())?;
    let acl = acl.unwrap_or_else(|| Acl::private(&bucket.owner));
    answer(GetBucketAclOutput {
        grants: Some(acl.grants(&service.accounts)),
        owner: Some(service.accounts.owner(&bucket.owner)),
    })
}

/// Replaces the list of a bucket.
pub(crate) fn put_bucket(
    service: &Service,
    req: S3Request<PutBucketAclInput>,
) -> S3Result<S3Response<PutBucketAclOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let mut asked = bucket_asked_of!(input);
    asked.names_grants |= input.access_control_policy.is_some();
    let acl = asked.acl(&bucket.owner, &bucket.owner)?;
    let acl = acl.ok_or_else(no_acl)?;
    if bucket.read(|state| state.config.is_owner_enforced())? {
        check_disabled(&asked)?;
        return answer(PutBucketAclOutput::default());
    }
    check_public(&bucket, &acl)?;
    bucket.write(|state| state.config.acl = Some(acl))?;
    answer(PutBucketAclOutput::default())
}

/// A list is to be put, and the request has none.
fn no_acl() -> S3Error {
    s3_error!(
        MissingSecurityHeader,
        "Your request was missing a required header: x-amz-acl"
    )
}

/// The owner of a version.
pub(crate) fn owner_of<'a>(bucket: &'a Bucket, extra: Option<&'a Extra>) -> &'a str {
    extra
        .and_then(|extra| extra.owner.as_deref())
        .unwrap_or(&bucket.owner)
}

/// The list of a version; private until one was put.
pub(crate) fn get_object(
    service: &Service,
    req: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    let id = version_id(req.input.version_id.as_deref())?;
    let bucket = service.store.bucket(&req.input.bucket)?;
    let found = bucket.read(|state| find(state, &req.input.key, id))??;
    let extra = found.object.extra.as_deref();
    let enforced = bucket.read(|state| state.config.is_owner_enforced())?;
    let extra = extra.filter(|_| !enforced);
    let owner = owner_of(&bucket, extra);
    let acl = extra.and_then(|extra| extra.acl.as_deref()).cloned();
    let acl = acl.unwrap_or_else(|| Acl::private(owner));
    let output = GetObjectAclOutput {
        grants: Some(acl.grants(&service.accounts)),
        owner: Some(service.accounts.owner(owner)),
        ..Default::default()
    };
    answer(output)
}

/// Replaces the list of a version.
pub(crate) fn put_object(
    service: &Service,
    req: S3Request<PutObjectAclInput>,
) -> S3Result<S3Response<PutObjectAclOutput>> {
    let input = req.input;
    let id = version_id(input.version_id.as_deref())?;
    let bucket = service.store.bucket(&input.bucket)?;
    let found = bucket.read(|state| find(state, &input.key, id))??;
    let owner = owner_of(&bucket, found.object.extra.as_deref());
    let mut asked = asked_of!(input);
    asked.names_grants |= input.access_control_policy.is_some();
    let acl = asked.acl(owner, &bucket.owner)?;
    let acl = acl.ok_or_else(no_acl)?;
    if bucket.read(|state| state.config.is_owner_enforced())? {
        check_disabled(&asked)?;
        return answer(PutObjectAclOutput::default());
    }
    check_public(&bucket, &acl)?;
    service
        .store
        .amend(&bucket, &input.key, Some(found.id), |_, object| {
            object.extra_mut().acl = Some(Box::new(acl));
            Ok(())
        })?;
    answer(PutObjectAclOutput::default())
}
