//! `DeleteObject` and `DeleteObjects`.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::bucket::Bucket;
use crate::embedded::conditions::Conditions;
use crate::embedded::found::version_id;
use crate::embedded::service::Service;
use crate::embedded::store::Store;
use crate::embedded::writes::Deleted;

/// AWS deletes at most so many at once.
const MOST_KEYS: usize = 1000;

fn delete(
    store: &Store,
    bucket: &Bucket,
    key: &str,
    version: Option<&str>,
    bypass: bool,
    conditions: &Conditions,
) -> S3Result<Deleted> {
    Ok(match version_id(version)? {
        Some(id) => store.delete_version(bucket, key, id, bypass, conditions)?,
        None => store.delete(bucket, key, conditions)?,
    })
}

/// Deletes a key, or one version of it.
pub(crate) fn object(
    service: &Service,
    req: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: None,
        size: input.if_match_size,
        modified: input.if_match_last_modified_time,
    };
    let bypass = input.bypass_governance_retention == Some(true);
    let version = input.version_id.as_deref();
    let deleted = delete(&service.store, &bucket, &input.key, version, bypass, &conditions)?;
    let output = DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version.map(|v| v.to_string()),
        ..Default::default()
    };
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

/// Deletes up to a thousand; each succeeds or fails for itself.
pub(crate) fn objects(
    service: &Service,
    req: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let input = req.input;
    let bucket = service.store.bucket(&input.bucket)?;
    if input.delete.objects.len() > MOST_KEYS || input.delete.objects.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let quiet = input.delete.quiet == Some(true);
    let bypass = input.bypass_governance_retention == Some(true);
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for wanted in input.delete.objects {
        let conditions = Conditions {
            if_match: wanted.e_tag.map(ETagCondition::ETag),
            if_none_match: None,
            size: wanted.size,
            modified: wanted.last_modified_time,
        };
        let version = wanted.version_id.as_deref();
        match delete(&service.store, &bucket, &wanted.key, version, bypass, &conditions) {
            Ok(_) if quiet => {}
            Ok(deleted) => done.push(deleted_entry(wanted.key, wanted.version_id, deleted)),
            Err(error) => failed.push(error_entry(wanted.key, wanted.version_id, &error)),
        }
    }
    answer(DeleteObjectsOutput {
        deleted: Some(done),
        errors: Some(failed),
        ..Default::default()
    })
}

fn deleted_entry(key: String, asked: Option<String>, deleted: Deleted) -> DeletedObject {
    DeletedObject {
        delete_marker: deleted.marker.then_some(true),
        delete_marker_version_id: deleted.version.filter(|_| deleted.marker).map(|v| v.to_string()),
        key: Some(key),
        version_id: asked,
    }
}

fn error_entry(key: String, version: Option<String>, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id: version,
    }
}
