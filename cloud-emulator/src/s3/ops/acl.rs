//! Access control lists of buckets and objects.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer;
use crate::s3::accounts::ANONYMOUS_ID;
use crate::s3::acl::{Acl, Asked};
use crate::s3::bucket::Bucket;
use crate::s3::error::custom;
use crate::s3::fields::{asked_of, bucket_asked_of};
use crate::s3::found::{find, version_id};
use crate::s3::object::Extra;
use crate::s3::service::Service;

/// Puts the grants that a write asks for into the rare fields, and who wrote it.
pub(crate) fn apply(
    service: &Service,
    bucket: &Bucket,
    writer: &str,
    asked: &Asked<'_>,
    extra: &mut Extra,
) -> S3Result<()> {
    let acl = asked.acl(writer, &bucket.owner, &service.accounts)?;
    if bucket.read(|state| state.config.is_owner_enforced())? {
        // All that is written belongs to the bucket's owner.
        return match acl {
            Some(acl) => check_disabled(bucket, asked, &acl),
            None => Ok(()),
        };
    }
    if let Some(acl) = acl {
        check_public(bucket, &acl)?;
        extra.acl = Some(Box::new(acl));
    }
    // What was written unsigned belongs to the bucket's owner, who pays for it.
    if *writer != *bucket.owner && writer != ANONYMOUS_ID {
        extra.owner = Some(writer.into());
        bucket.write(|state| state.config.foreign_objects = true)?;
    }
    Ok(())
}

/// Where grants are disabled only the list is taken that says what holds anyway: full control for the bucket's owner.
fn check_disabled(bucket: &Bucket, asked: &Asked<'_>, acl: &Acl) -> S3Result<()> {
    let same = match asked.canned {
        Some(name) => name == ObjectCannedACL::BUCKET_OWNER_FULL_CONTROL,
        None => *acl == Acl::private(&bucket.owner),
    };
    match same {
        true => Ok(()),
        false => Err(custom(
            "AccessControlListNotSupported",
            http::StatusCode::BAD_REQUEST,
            "The bucket does not allow ACLs",
        )),
    }
}

/// A public access block refuses lists that grant something to everybody.
fn check_public(bucket: &Bucket, acl: &Acl) -> S3Result<()> {
    let blocked = bucket.read(|state| {
        let block = state.config.public_access_block.as_ref();
        block.is_some_and(|block| block.block_public_acls == Some(true))
    })?;
    match blocked && acl.is_public() {
        true => Err(s3_error!(AccessDenied, "Access Denied")),
        false => Ok(()),
    }
}

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
    let asked = bucket_asked_of!(input);
    let acl = asked.acl(&bucket.owner, &bucket.owner, &service.accounts)?;
    let acl = chosen(service, acl, input.access_control_policy)?;
    if bucket.read(|state| state.config.is_owner_enforced())? {
        check_disabled(&bucket, &asked, &acl)?;
        return answer(PutBucketAclOutput::default());
    }
    check_public(&bucket, &acl)?;
    bucket.write(|state| state.config.acl = Some(acl))?;
    answer(PutBucketAclOutput::default())
}

fn chosen(service: &Service, acl: Option<Acl>, policy: Option<AccessControlPolicy>) -> S3Result<Acl> {
    match (acl, policy) {
        (Some(acl), _) => Ok(acl),
        (None, Some(policy)) => Acl::of_policy(policy, &service.accounts),
        (None, None) => Err(s3_error!(
            MissingSecurityHeader,
            "Your request was missing a required header: x-amz-acl"
        )),
    }
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
    let asked = asked_of!(input);
    let acl = asked.acl(owner, &bucket.owner, &service.accounts)?;
    let acl = chosen(service, acl, input.access_control_policy)?;
    if bucket.read(|state| state.config.is_owner_enforced())? {
        check_disabled(&bucket, &asked, &acl)?;
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
