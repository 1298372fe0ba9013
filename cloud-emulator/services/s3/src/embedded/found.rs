//! Finding the version that a request means, with AWS's answers when it is not there.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::{S3Error, S3Result, s3_error};

use super::bucket::State;
use super::calendar::http_date;
use super::error::StoreError;
use super::ids::VersionId;
use super::object::Object;
use super::versions::{Replication, Version, Versioning};

/// An object that was found, as it was under the lock.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) object: Arc<Object>,
    pub(crate) modified_us: i64,
    pub(crate) replication: Replication,
    /// As the answer names it: nothing in a bucket that never was versioned.
    pub(crate) version: Option<VersionId>,
    /// As the store knows it.
    pub(crate) id: VersionId,
}

/// The `versionId` of a request. Empty means none.
pub(crate) fn version_id(text: Option<&str>) -> S3Result<Option<VersionId>> {
    match text {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|e: super::ids::InvalidVersionId| s3_error!(e, InvalidArgument, "{e}")),
    }
}

/// The current version of `key`, or the one named.
pub(crate) fn find(state: &State, key: &str, id: Option<VersionId>) -> S3Result<Found> {
    let Some(entry) = state.keys.get(key) else {
        return Err(match id {
            Some(_) => StoreError::NoSuchVersion.into(),
            None => s3_error!(NoSuchKey, "The specified key does not exist."),
        });
    };
    let version = match id {
        None => &entry.newest,
        Some(id) => entry.find(id).ok_or(StoreError::NoSuchVersion)?,
    };
    let Some(object) = &version.object else {
        return Err(delete_marker(version, id.is_some()));
    };
    Ok(Found {
        object: object.clone(),
        modified_us: version.modified_us,
        replication: version.replication,
        version: (state.versioning != Versioning::Off).then_some(version.id),
        id: version.id,
    })
}

/// A marker as the current version hides the key (404); asked for by its id it cannot be read (405).
fn delete_marker(version: &Version, by_id: bool) -> S3Error {
    let mut error = if by_id {
        s3_error!(
            MethodNotAllowed,
            "The specified method is not allowed against this resource."
        )
    } else {
        s3_error!(NoSuchKey, "The specified key does not exist.")
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::try_from(version.id.to_string()) {
        headers.insert("x-amz-version-id", id);
    }
    if by_id {
        headers.insert(http::header::ALLOW, HeaderValue::from_static("DELETE"));
        if let Some(date) = http_date(version.modified_us) {
            headers.insert(http::header::LAST_MODIFIED, date);
        }
    }
    headers.insert(
        HeaderName::from_static("content-type"),
        HeaderValue::from_static("application/xml"),
    );
    error.set_headers(headers);
    error
}
