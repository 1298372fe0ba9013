//! What the head of a request to S3 tells: its bucket and key, where it belongs, whether it has a document.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Uri, request};

use cloud_gateway::{Credential, Origin, RequestInfo};

use super::host::bucket_of;
use super::operation;
use crate::storage::S3Storage;

/// What a request to S3 tells. Where its bucket does not exist, it belongs to the region that it was signed for, if
/// the cloud has that, else to the listener's.
pub(crate) fn info(head: &request::Parts, origin: Origin<'_>, s3: &S3Storage) -> RequestInfo {
    let (resource, key) = bucket_and_key(&head.uri, &head.headers);
    let home = |bucket: &str| s3.region_of(bucket);
    let signed = || {
        let region = origin.credential.and_then(Credential::region)?;
        s3.has_region(region).then(|| Arc::from(region))
    };
    let region = resource
        .as_deref()
        .and_then(home)
        .or_else(signed)
        .unwrap_or_else(|| origin.listener.clone());
    let source_region = copied_bucket(head)
        .and_then(|bucket| home(&bucket))
        .filter(|source| *source != region);
    let subject = operation::Subject::new(resource.is_some(), key.is_some());
    RequestInfo {
        service: Cow::Borrowed("s3"),
        operation: Some(Cow::Borrowed(operation::name(head, subject))),
        resource,
        key,
        principal: origin.principal,
        region,
        source_region,
        listener: origin.listener.clone(),
    }
}

/// The bucket that a request to S3 means, whether in its host or its path.
pub(crate) fn bucket(head: &request::Parts) -> Option<String> {
    bucket_and_key(&head.uri, &head.headers).0
}

/// Whether the body of a request to S3 may be a document rather than an object's bytes.
pub(crate) fn is_document(head: &request::Parts) -> bool {
    let path = head.uri.path().trim_start_matches('/');
    let has_body = matches!(head.method, http::Method::PUT | http::Method::POST);
    // A bucket may be written with a slash behind it.
    let is_bucket = path.split_once('/').is_none_or(|(_, key)| key.is_empty());
    has_body && (head.uri.query().is_some() || is_bucket)
}

/// The bucket and the key that a request to S3 means.
pub(crate) fn bucket_and_key(uri: &Uri, headers: &HeaderMap) -> (Option<String>, Option<String>) {
    let host = headers.get(http::header::HOST).and_then(|h| h.to_str().ok());
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    if let Some(bucket) = host.and_then(bucket_of) {
        return (Some(bucket.to_owned()), decoded(path));
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    (decoded(first), decoded(rest))
}

/// `x-amz-copy-source: bucket/key` or `/bucket/key`, encoded.
fn copied_bucket(head: &request::Parts) -> Option<String> {
    let source = head.headers.get("x-amz-copy-source")?.to_str().ok()?;
    let source = decoded(source)?;
    Some(source.trim_start_matches('/').split('/').next()?.to_owned())
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_to_a_bucket_is_a_document() {
        let is_document = |path: &str| {
            let request = http::Request::put(path).body(()).unwrap();
            is_document(&request.into_parts().0)
        };
        assert!(is_document("/west") && is_document("/west/") && is_document("/west/k?tagging"));
        assert!(!is_document("/west/k") && !is_document("/west/k/"));
    }
}
