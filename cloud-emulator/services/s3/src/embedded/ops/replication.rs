//! `PutBucketReplication` and its like.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::error::{StoreError, custom};
use crate::embedded::service::Service;
use crate::embedded::store::Store;
use crate::embedded::versions::Versioning;
use crate::replication::rules;
use crate::replication::schema::{self, Refusal};

/// The configuration, or 404 when there is none.
pub(crate) fn get(
    service: &Service,
    req: S3Request<GetBucketReplicationInput>,
) -> S3Result<S3Response<GetBucketReplicationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let configuration = bucket.read(|state| state.config.replication.clone())?;
    let configuration = configuration.ok_or_else(|| {
        s3_error!(
            ReplicationConfigurationNotFoundError,
            "The replication configuration was not found"
        )
    })?;
    answer(GetBucketReplicationOutput {
        replication_configuration: Some(configuration),
    })
}

/// Stores a configuration that AWS would accept: versioning on here and at each destination.
pub(crate) fn put(
    service: &Service,
    req: S3Request<PutBucketReplicationInput>,
) -> S3Result<S3Response<PutBucketReplicationOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let configuration = input.replication_configuration;
    schema::check(&input.bucket, &configuration).map_err(refused)?;
    for rule in &configuration.rules {
        check_destination(&service.store, rule)?;
    }
    bucket.write(|state| {
        if state.versioning != Versioning::Enabled {
            return Err(s3_error!(
                InvalidRequest,
                "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
            ));
        }
        service
            .store
            .configure_replication(&bucket, state, Some(configuration));
        Ok(())
    })??;
    answer(PutBucketReplicationOutput::default())
}

fn refused(refusal: Refusal) -> S3Error {
    custom(refusal.code, refusal.status, refusal.message)
}

fn check_destination(store: &Store, rule: &ReplicationRule) -> S3Result<()> {
    // A rule without one was refused before.
    let name = rules::destination(rule).unwrap_or_default();
    let missing = || s3_error!(InvalidRequest, "Destination bucket must exist.");
    let destination = store.bucket(name).map_err(|_| missing())?;
    match destination.read(|state| state.versioning)? {
        Versioning::Enabled => Ok(()),
        _ => Err(s3_error!(
            InvalidRequest,
            "Destination bucket must have versioning enabled."
        )),
    }
}

/// Removes the configuration; none to remove is no error.
pub(crate) fn delete(
    service: &Service,
    req: S3Request<DeleteBucketReplicationInput>,
) -> S3Result<S3Response<DeleteBucketReplicationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    bucket
        .write(|state| service.store.configure_replication(&bucket, state, None))
        .map_err(|e: StoreError| e)?;
    Ok(S3Response::with_status(
        DeleteBucketReplicationOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}
