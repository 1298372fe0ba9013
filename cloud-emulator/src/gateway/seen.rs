//! What a fault may match a request on.

use std::borrow::Cow;
use std::sync::Arc;

use http::request;

use super::claim::Claim;
use super::host::bucket_of;
use super::principal::Principal;
use super::s3_operation;
use crate::backend::Backend;

/// A request as the gateway sees it before it is served.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The service in AWS's words (`s3`, `lambda`).
    pub service: Cow<'static, str>,
    /// The operation in AWS's words (`GetObject`), where the request tells it.
    pub operation: Option<Cow<'static, str>>,
    /// What it is about, percent-encoding removed: the bucket, the function's name.
    pub resource: Option<String>,
    /// The object's key (S3), percent-encoding removed.
    pub key: Option<String>,
    /// Who claims to ask; `None` for unsigned requests and unknown keys. Wrong claims are refused later.
    pub principal: Option<Principal>,
    /// Where the request belongs: the bucket's home, or the region that it was signed for.
    pub region: Arc<str>,
    /// The home of the bucket that a copy reads, if it is another region.
    pub source_region: Option<Arc<str>>,
    /// Whose door it came through.
    pub listener: Arc<str>,
}

impl Seen {
    /// A request to S3. Where its bucket does not exist, it belongs to the region that it was signed for, if
    /// the cloud has that, else to the listener's.
    pub(crate) fn s3(
        head: &request::Parts,
        claim: Option<&Claim<'_>>,
        principal: Option<Principal>,
        s3: &Backend,
        listener: &Arc<str>,
    ) -> Seen {
        let (resource, key) = bucket_and_key(head);
        let home = |bucket: &str| s3.region_of(bucket);
        let signed = || {
            let region = claim.and_then(Claim::region)?;
            s3.has_region(region).then(|| Arc::from(region))
        };
        let region = resource
            .as_deref()
            .and_then(home)
            .or_else(signed)
            .unwrap_or_else(|| listener.clone());
        let source_region = copied_bucket(head)
            .and_then(|bucket| home(&bucket))
            .filter(|source| *source != region);
        let subject = s3_operation::Subject::of(resource.is_some(), key.is_some());
        Seen {
            service: Cow::Borrowed("s3"),
            operation: Some(Cow::Borrowed(s3_operation::name(head, subject))),
            resource,
            key,
            principal,
            region,
            source_region,
            listener: listener.clone(),
        }
    }
}

/// The bucket that a request to S3 means, whether in its host or its path.
pub(crate) fn bucket(head: &request::Parts) -> Option<String> {
    bucket_and_key(head).0
}

/// Whether the body of a request to S3 may be a document rather than an object's bytes.
pub(crate) fn is_document(head: &request::Parts) -> bool {
    let path = head.uri.path().trim_start_matches('/');
    let has_body = matches!(head.method, http::Method::PUT | http::Method::POST);
    // A bucket may be written with a slash behind it.
    let is_bucket = path.split_once('/').is_none_or(|(_, key)| key.is_empty());
    has_body && (head.uri.query().is_some() || is_bucket)
}

fn bucket_and_key(head: &request::Parts) -> (Option<String>, Option<String>) {
    let host = head.headers.get(http::header::HOST).and_then(|h| h.to_str().ok());
    let path = head.uri.path().strip_prefix('/').unwrap_or_default();
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
