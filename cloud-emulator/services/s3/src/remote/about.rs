//! What a request to a foreign S3 is about, and which version an answer names.

use http::{HeaderName, Response};
use s3s::Body;

pub(super) const VERSION_ID: HeaderName = HeaderName::from_static("x-amz-version-id");
pub(super) const DELETE_MARKER: HeaderName = HeaderName::from_static("x-amz-delete-marker");

/// The id of the one version of a key where no versions are kept.
pub(super) const NULL: &str = "null";

/// What a request is about.
pub(super) struct About<'a> {
    pub(super) operation: &'a str,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    /// Where it belongs.
    pub(super) region: &'a str,
}

/// The version that an answer names.
pub(super) fn version_of(answer: &Response<Body>) -> Option<&str> {
    answer.headers().get(VERSION_ID)?.to_str().ok()
}
