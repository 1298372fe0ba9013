//! `GetBucketVersioning` and `PutBucketVersioning`.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::error::{StoreError, not_emulated};
use crate::embedded::service::Service;
use crate::embedded::versions::Versioning;

/// Off answers with an empty document, as AWS does.
pub(crate) fn get(
    service: &Service,
    req: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let status = match bucket.read(|state| state.versioning)? {
        Versioning::Off => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    answer(GetBucketVersioningOutput {
        status: status.map(BucketVersioningStatus::from_static),
        ..Default::default()
    })
}

/// Turns versioning on, or suspends it. AWS refuses the latter under a replication configuration and under
/// object lock, and a recovery plan that begins with it must find that out here.
pub(crate) fn put(
    service: &Service,
    req: S3Request<PutBucketVersioningInput>,
) -> S3Result<S3Response<PutBucketVersioningOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let configuration = req.input.versioning_configuration;
    if configuration.mfa_delete.as_ref().map(MFADelete::as_str) == Some(MFADelete::ENABLED) {
        return Err(not_emulated("MFA delete is not asked for"));
    }
    let status = configuration.status;
    let versioning = match status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        Some(_) => {
            return Err(s3_error!(
                MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema"
            ));
        }
        None => {
            return Err(s3_error!(
                IllegalVersioningConfigurationException,
                "The Versioning element must be specified"
            ));
        }
    };
    bucket.write(|state| {
        if versioning == Versioning::Suspended {
            if state.config.replication.is_some() {
                return Err(StoreError::InvalidBucketState(
                    "A replication configuration is present on this bucket, so the versioning state cannot be changed.",
                ));
            }
            if state.config.object_lock.is_some() {
                return Err(StoreError::InvalidBucketState(
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
                ));
            }
        }
        state.versioning = versioning;
        Ok(())
    })??;
    answer(PutBucketVersioningOutput::default())
}
