//! Object lock: retention and legal holds, which forbid to delete a version.
//!
//! Retention runs on the drill's calendar.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::bucket::{Bucket, State};
use crate::embedded::calendar::{micros, timestamp};
use crate::embedded::error::{StoreError, custom, malformed};
use crate::embedded::found::{find, version_id};
use crate::embedded::object::Retention;
use crate::embedded::service::Service;
use crate::embedded::versions::Versioning;

const DAY_US: i64 = 86_400_000_000;

/// The protection that a new version gets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Protection {
    pub(crate) retention: Option<Retention>,
    pub(crate) legal_hold: Option<bool>,
}

fn not_locked_bucket() -> S3Error {
    s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration")
}

fn mode(text: Option<&str>) -> S3Result<bool> {
    match text {
        Some("COMPLIANCE") => Ok(true),
        Some("GOVERNANCE") => Ok(false),
        _ => Err(malformed()),
    }
}

/// What a write asks for by headers, or what the bucket's default rule says.
pub(crate) fn requested(
    service: &Service,
    bucket: &Bucket,
    mode_header: Option<&str>,
    until: Option<&Timestamp>,
    legal_hold: Option<&str>,
) -> S3Result<Protection> {
    let default = bucket.read(|state| state.config.object_lock.as_ref().map(default_retention))?;
    let asks = mode_header.is_some() || until.is_some() || legal_hold.is_some();
    let Some(default) = default else {
        return if asks {
            Err(not_locked_bucket())
        } else {
            Ok(Protection::default())
        };
    };
    let now = service.store.now_us();
    let retention = match (mode_header, until) {
        (None, None) => default.map(|(compliance, span_us)| Retention {
            compliance,
            until_us: now + span_us,
        }),
        (Some(text), Some(until)) => {
            let compliance =
                mode(Some(text)).map_err(|_| s3_error!(InvalidArgument, "Unknown wormMode directive."))?;
            let until_us = micros(until);
            if until_us <= now {
                return Err(s3_error!(
                    InvalidArgument,
                    "The retain until date must be in the future!"
                ));
            }
            Some(Retention { compliance, until_us })
        }
        _ => {
            return Err(s3_error!(
                InvalidArgument,
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
            ));
        }
    };
    let legal_hold = match legal_hold {
        None => None,
        Some("ON") => Some(true),
        Some("OFF") => Some(false),
        Some(_) => {
            return Err(s3_error!(
                InvalidArgument,
                "Legal Hold must be either of 'ON' or 'OFF'"
            ));
        }
    };
    Ok(Protection {
        retention,
        legal_hold,
    })
}

/// The mode and the length of a default rule.
fn default_retention(configuration: &ObjectLockConfiguration) -> Option<(bool, i64)> {
    let default = configuration.rule.as_ref()?.default_retention.as_ref()?;
    let days = default
        .days
        .map(i64::from)
        .or(default.years.map(|y| 365 * i64::from(y)))?;
    let compliance = default.mode.as_ref().map(ObjectLockRetentionMode::as_str) == Some("COMPLIANCE");
    Some((compliance, days.saturating_mul(DAY_US)))
}

/// The bucket's object lock, or 404.
pub(crate) fn get_configuration(
    service: &Service,
    req: S3Request<GetObjectLockConfigurationInput>,
) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let configuration = bucket.read(|state| state.config.object_lock.clone())?;
    let configuration = configuration.ok_or_else(|| {
        s3_error!(
            ObjectLockConfigurationNotFoundError,
            "Object Lock configuration does not exist for this bucket"
        )
    })?;
    answer(GetObjectLockConfigurationOutput {
        object_lock_configuration: Some(configuration),
    })
}

fn check_configuration(configuration: &ObjectLockConfiguration) -> S3Result<()> {
    let enabled = configuration
        .object_lock_enabled
        .as_ref()
        .map(ObjectLockEnabled::as_str);
    if enabled != Some(ObjectLockEnabled::ENABLED) {
        return Err(malformed());
    }
    let Some(rule) = &configuration.rule else {
        return Ok(());
    };
    let default = rule.default_retention.as_ref().ok_or_else(malformed)?;
    mode(default.mode.as_ref().map(ObjectLockRetentionMode::as_str))?;
    let length = match (default.days, default.years) {
        (Some(length), None) | (None, Some(length)) => length,
        _ => return Err(malformed()),
    };
    let longest = if default.days.is_some() { 36_500 } else { 100 };
    if !(1..=longest).contains(&length) {
        let message = "Default retention period must be a positive integer value.";
        return Err(custom(
            "InvalidRetentionPeriod",
            http::StatusCode::BAD_REQUEST,
            message,
        ));
    }
    Ok(())
}

/// Sets the bucket's object lock; versioning must be on.
pub(crate) fn put_configuration(
    service: &Service,
    req: S3Request<PutObjectLockConfigurationInput>,
) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let configuration = req.input.object_lock_configuration.ok_or_else(malformed)?;
    check_configuration(&configuration)?;
    bucket.write(|state: &mut State| {
        if state.versioning != Versioning::Enabled {
            return Err(StoreError::InvalidBucketState(
                "Object Lock configuration cannot be enabled on existing buckets without versioning",
            ));
        }
        state.config.object_lock = Some(configuration);
        Ok(())
    })??;
    answer(PutObjectLockConfigurationOutput::default())
}

/// The retention of a version, or 404.
pub(crate) fn get_retention(
    service: &Service,
    req: S3Request<GetObjectRetentionInput>,
) -> S3Result<S3Response<GetObjectRetentionOutput>> {
    let id = version_id(req.input.version_id.as_deref())?;
    let bucket = service.store.bucket(&req.input.bucket)?;
    let found = bucket.read(|state| match state.config.object_lock {
        None => Err(not_locked_bucket()),
        Some(_) => find(state, &req.input.key, id),
    })??;
    let retention = found.object.extra.as_ref().and_then(|extra| extra.retention);
    let retention = retention.ok_or_else(no_lock)?;
    answer(GetObjectRetentionOutput {
        retention: Some(ObjectLockRetention {
            mode: Some(ObjectLockRetentionMode::from_static(retention.mode())),
            retain_until_date: Some(timestamp(retention.until_us)),
        }),
    })
}

fn no_lock() -> S3Error {
    s3_error!(
        NoSuchObjectLockConfiguration,
        "The specified object does not have a ObjectLock configuration"
    )
}

/// Sets, prolongs or (under governance, with the bypass) shortens the retention of a version.
pub(crate) fn put_retention(
    service: &Service,
    req: S3Request<PutObjectRetentionInput>,
) -> S3Result<S3Response<PutObjectRetentionOutput>> {
    let input = req.input;
    let id = version_id(input.version_id.as_deref())?;
    let bucket = service.store.bucket(&input.bucket)?;
    let bypass = input.bypass_governance_retention == Some(true);
    let wanted = match input.retention {
        Some(ObjectLockRetention {
            mode: None,
            retain_until_date: None,
        })
        | None => None,
        Some(ObjectLockRetention {
            mode: m,
            retain_until_date,
        }) => Some(Retention {
            compliance: mode(m.as_ref().map(ObjectLockRetentionMode::as_str))?,
            until_us: retain_until_date.as_ref().map(micros).ok_or_else(malformed)?,
        }),
    };
    let now = service.store.now_us();
    service.store.amend(&bucket, &input.key, id, |state, object| {
        if state.config.object_lock.is_none() {
            return Err(not_locked_bucket());
        }
        let present = object
            .extra
            .as_ref()
            .and_then(|extra| extra.retention)
            .filter(|r| r.until_us > now);
        if let Some(present) = present {
            let prolongs =
                wanted.is_some_and(|w| w.compliance == present.compliance && w.until_us >= present.until_us);
            if !prolongs && (present.compliance || !bypass) {
                return Err(StoreError::Locked.into());
            }
        }
        object.extra_mut().retention = wanted;
        Ok(())
    })?;
    answer(PutObjectRetentionOutput::default())
}

/// The legal hold of a version, or 404.
pub(crate) fn get_legal_hold(
    service: &Service,
    req: S3Request<GetObjectLegalHoldInput>,
) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
    let id = version_id(req.input.version_id.as_deref())?;
    let bucket = service.store.bucket(&req.input.bucket)?;
    let found = bucket.read(|state| match state.config.object_lock {
        None => Err(not_locked_bucket()),
        Some(_) => find(state, &req.input.key, id),
    })??;
    let hold = found
        .object
        .extra
        .as_ref()
        .and_then(|extra| extra.legal_hold)
        .ok_or_else(no_lock)?;
    answer(GetObjectLegalHoldOutput {
        legal_hold: Some(ObjectLockLegalHold {
            status: Some(ObjectLockLegalHoldStatus::from_static(if hold {
                "ON"
            } else {
                "OFF"
            })),
        }),
    })
}

/// Puts a legal hold on a version, or lifts it.
pub(crate) fn put_legal_hold(
    service: &Service,
    req: S3Request<PutObjectLegalHoldInput>,
) -> S3Result<S3Response<PutObjectLegalHoldOutput>> {
    let input = req.input;
    let id = version_id(input.version_id.as_deref())?;
    let bucket = service.store.bucket(&input.bucket)?;
    let status = input.legal_hold.and_then(|hold| hold.status);
    let on = match status.as_ref().map(ObjectLockLegalHoldStatus::as_str) {
        Some("ON") => true,
        Some("OFF") => false,
        _ => return Err(malformed()),
    };
    service.store.amend(&bucket, &input.key, id, |state, object| {
        if state.config.object_lock.is_none() {
            return Err(not_locked_bucket());
        }
        object.extra_mut().legal_hold = Some(on);
        Ok(())
    })?;
    answer(PutObjectLegalHoldOutput::default())
}
