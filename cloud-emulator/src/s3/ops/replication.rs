//! `PutBucketReplication` and its like.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer;
use crate::replication::rules;
use crate::s3::error::StoreError;
use crate::s3::service::Service;
use crate::s3::store::Store;
use crate::s3::versions::Versioning;

/// AWS allows so many rules.
const MOST_RULES: usize = 1000;

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
    if configuration.rules.is_empty() || configuration.rules.len() > MOST_RULES {
        return Err(s3_error!(
            InvalidRequest,
            "The number of replication rules must be between 1 and {MOST_RULES}"
        ));
    }
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

fn check_destination(store: &Store, rule: &ReplicationRule) -> S3Result<()> {
    let status = rule.status.as_str();
    if status != ReplicationRuleStatus::ENABLED && status != ReplicationRuleStatus::DISABLED {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let name = rules::destination(rule).ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "Invalid bucket ARN in a replication rule's destination"
        )
    })?;
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
