//! `RestoreObject`: an archived object becomes readable for a while, after the wait of its tier.

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::embedded::error::{custom, malformed, not_emulated};
use crate::embedded::found::{find, version_id};
use crate::embedded::object::Object;
use crate::embedded::restore::{Restore, Speed};
use crate::embedded::service::{Service, Status};

/// What a request asks for.
struct RestoreParameters {
    speed: Speed,
    days: i64,
}

impl RestoreParameters {
    fn parse(request: RestoreRequest) -> S3Result<RestoreParameters> {
        if request.type_.is_some() || request.select_parameters.is_some() || request.output_location.is_some()
        {
            return Err(not_emulated("Nothing is selected from archived objects"));
        }
        let tier = request
            .glacier_job_parameters
            .map(|job| job.tier)
            .or(request.tier);
        let speed = match &tier {
            None => Speed::Standard,
            Some(tier) => Speed::named(tier.as_str()).ok_or_else(malformed)?,
        };
        match request.days {
            Some(days) if days > 0 => Ok(RestoreParameters {
                speed,
                days: days.into(),
            }),
            _ => Err(malformed()),
        }
    }
}

/// Has an archived object restored: 202, or 200 when it is and only its time is changed.
pub(crate) fn object(
    service: &Service,
    req: S3Request<RestoreObjectInput>,
) -> S3Result<S3Response<RestoreObjectOutput>> {
    let input = req.input;
    let asked = RestoreParameters::parse(input.restore_request.ok_or_else(malformed)?)?;
    let id = version_id(input.version_id.as_deref())?;
    let bucket = service.store.bucket(&input.bucket)?;
    let found = bucket.read(|state| find(state, &input.key, id))??;
    let now = service.store.now_us();
    let (status, _) = service
        .store
        .amend(&bucket, &input.key, Some(found.id), |_, object| {
            restore(object, &asked, now)
        })?;
    let mut response = S3Response::new(RestoreObjectOutput::default());
    response.extensions.insert(Status(status));
    Ok(response)
}

fn restore(object: &mut Object, asked: &RestoreParameters, now: i64) -> S3Result<StatusCode> {
    let Some(archive) = object.archive() else {
        return Err(custom(
            "InvalidObjectState",
            StatusCode::FORBIDDEN,
            "Restore is not allowed for the object's current storage class",
        ));
    };
    let takes = asked.speed.takes_us(archive).ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "Retrieval option is not supported by this storage class"
        )
    })?;
    let ready = Restore::ready_at(asked.speed, now.saturating_add(takes), asked.days);
    let (status, restore) = match object.restore_at(now) {
        None => (StatusCode::ACCEPTED, ready),
        Some(restore) if !restore.is_ongoing(now) => (StatusCode::OK, restore.kept(now, asked.days)),
        // It may be made faster ("Upgrading the speed of an in-progress restore"), and then takes no longer than before.
        Some(restore) if asked.speed > restore.speed => {
            let at = ready.ready_us.min(restore.ready_us);
            (
                StatusCode::ACCEPTED,
                Restore::ready_at(asked.speed, at, asked.days),
            )
        }
        Some(_) => {
            return Err(custom(
                "RestoreAlreadyInProgress",
                StatusCode::CONFLICT,
                "Object restore is already in progress",
            ));
        }
    };
    object.extra_mut().restore = Some(restore);
    Ok(status)
}
