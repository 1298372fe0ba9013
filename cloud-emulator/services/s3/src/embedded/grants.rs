//! Which lists of grants a bucket takes, and what they make of what is written.

use s3s::dto::ObjectCannedACL;
use s3s::{S3Result, s3_error};

use super::accounts::ANONYMOUS_ID;
use super::acl::{Acl, RequestedGrants};
use super::bucket::Bucket;
use super::error::custom;
use super::object::Extra;

/// Puts the grants that a write asks for into the rare fields, and who wrote it.
pub(crate) fn apply(
    bucket: &Bucket,
    writer: &str,
    asked: &RequestedGrants<'_>,
    extra: &mut Extra,
) -> S3Result<()> {
    let acl = asked.acl(writer, &bucket.owner)?;
    if bucket.read(|state| state.config.is_owner_enforced())? {
        // All that is written belongs to the bucket's owner.
        return match acl {
            Some(_) => check_disabled(asked),
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
pub(crate) fn check_disabled(asked: &RequestedGrants<'_>) -> S3Result<()> {
    if asked.canned == Some(ObjectCannedACL::BUCKET_OWNER_FULL_CONTROL) {
        return Ok(());
    }
    Err(custom(
        "AccessControlListNotSupported",
        http::StatusCode::BAD_REQUEST,
        "The bucket does not allow ACLs",
    ))
}

/// A public access block refuses lists that grant something to everybody.
pub(crate) fn check_public(bucket: &Bucket, acl: &Acl) -> S3Result<()> {
    let blocked = bucket.read(|state| {
        let block = state.config.public_access_block.as_ref();
        block.is_some_and(|block| block.block_public_acls == Some(true))
    })?;
    if blocked && acl.is_public() {
        Err(s3_error!(AccessDenied, "Access Denied"))
    } else {
        Ok(())
    }
}
