//! Lifecycle rules: validated, and refused if one is enabled, since none is carried out. Disabled ones are stored and
//! returned.

use std::collections::HashSet;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::error::{malformed, not_emulated};
use crate::embedded::service::Service;

/// AWS allows so many rules.
const MOST_RULES: usize = 1000;
/// And ids of so many characters.
const LONGEST_ID: usize = 255;

/// The rules, or 404.
pub(crate) fn get(
    service: &Service,
    req: S3Request<GetBucketLifecycleConfigurationInput>,
) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let configuration = bucket.read(|state| state.config.lifecycle.clone())?;
    let configuration = configuration.ok_or_else(|| {
        s3_error!(
            NoSuchLifecycleConfiguration,
            "The lifecycle configuration does not exist"
        )
    })?;
    answer(GetBucketLifecycleConfigurationOutput {
        rules: Some(configuration.rules),
        ..Default::default()
    })
}

/// Stores rules that AWS would accept and that do nothing; a rule without an id gets one.
pub(crate) fn put(
    service: &Service,
    req: S3Request<PutBucketLifecycleConfigurationInput>,
) -> S3Result<S3Response<PutBucketLifecycleConfigurationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let mut configuration = req.input.lifecycle_configuration.ok_or_else(malformed)?;
    if configuration.rules.is_empty() || configuration.rules.len() > MOST_RULES {
        return Err(malformed());
    }
    let mut ids = HashSet::new();
    for rule in &mut configuration.rules {
        check(rule)?;
        let id = rule
            .id
            .get_or_insert_with(|| format!("{:032x}", service.store.upload_ids.next_id()));
        if id.chars().count() > LONGEST_ID {
            return Err(s3_error!(
                InvalidArgument,
                "ID length should not exceed allowed limit of 255"
            ));
        }
        if !ids.insert(id.clone()) {
            return Err(s3_error!(
                InvalidArgument,
                "RuleId must be unique. Found same ID for more than one rule"
            ));
        }
    }
    let enabled = |rule: &LifecycleRule| rule.status.as_str() == ExpirationStatus::ENABLED;
    if configuration.rules.iter().any(enabled) {
        return Err(not_emulated("Lifecycle rules are not carried out"));
    }
    bucket.write(|state| state.config.lifecycle = Some(configuration))?;
    answer(PutBucketLifecycleConfigurationOutput::default())
}

fn check(rule: &LifecycleRule) -> S3Result<()> {
    if !matches!(
        rule.status.as_str(),
        ExpirationStatus::ENABLED | ExpirationStatus::DISABLED
    ) {
        return Err(malformed());
    }
    let positive = |days: Option<i32>| days.is_none_or(|days| days > 0);
    let midnight = |date: &Option<Timestamp>| {
        let whole = |t: &Timestamp| crate::embedded::calendar::micros(t) % 86_400_000_000 == 0;
        date.as_ref().is_none_or(whole)
    };
    if let Some(expiration) = &rule.expiration {
        if !positive(expiration.days) {
            return Err(s3_error!(
                InvalidArgument,
                "'Days' for Expiration action must be a positive integer"
            ));
        }
        if !midnight(&expiration.date) {
            return Err(s3_error!(InvalidArgument, "'Date' must be at midnight GMT"));
        }
    }
    let noncurrent = rule
        .noncurrent_version_expiration
        .as_ref()
        .and_then(|n| n.noncurrent_days);
    let aborted = rule
        .abort_incomplete_multipart_upload
        .as_ref()
        .and_then(|a| a.days_after_initiation);
    if !positive(noncurrent) || !positive(aborted) {
        return Err(s3_error!(
            InvalidArgument,
            "'NoncurrentDays' and 'DaysAfterInitiation' must be positive integers"
        ));
    }
    for transition in rule.transitions.iter().flatten() {
        if !midnight(&transition.date) {
            return Err(s3_error!(InvalidArgument, "'Date' must be at midnight GMT"));
        }
    }
    Ok(())
}

/// Removes the rules; none to remove is no error.
pub(crate) fn delete(
    service: &Service,
    req: S3Request<DeleteBucketLifecycleInput>,
) -> S3Result<S3Response<DeleteBucketLifecycleOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    bucket.write(|state| state.config.lifecycle = None)?;
    Ok(S3Response::with_status(
        DeleteBucketLifecycleOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}
