//! Who watches what is done with a key: each call before it is served and after, and what it changed.
//!
//! ```text
//!   call ──► admit (may wait, as the call would at AWS) ──► served ──► changed (what stands there now) ──► answered
//! ```

use std::borrow::Cow;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use s3s::Body;
use s3s::dto::Delete;
use s3s::xml::{Deserialize, Deserializer};

use super::error::AwsError;
use super::seen::Seen;
use super::storage::LARGEST_DOCUMENT;
use crate::backend::Backend;

/// One call, as far as its head tells.
#[derive(Clone, Copy, Debug)]
pub struct CallSeen<'a> {
    /// The service, the operation, and what it is about.
    pub seen: &'a Seen,
    /// How many objects it is about: 1, or as many as a deletion of many names.
    pub objects: u64,
    /// Bytes of its body, or of the range of an object that it copies.
    pub bytes: u64,
}

/// What stands at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A body.
    Body(Bytes),
    /// Nothing that a reader could get.
    Nothing,
    /// It was not looked at: who wants to know reads it.
    Unread,
}

/// Something that a successful call changed.
#[derive(Clone, Debug)]
pub struct CallChanged {
    /// The service, the operation, and what it was about.
    pub seen: Seen,
    /// The keys that were changed, and what stands there now; none of what is no object.
    pub keys: Vec<(String, Stands)>,
}

/// Watches what is done with a key.
pub trait Witness: Send + Sync {
    /// A call came, and is served once this is over.
    fn admit<'a>(&'a self, call: CallSeen<'a>) -> BoxFuture<'a, ()> {
        let _ = call;
        Box::pin(std::future::ready(()))
    }

    /// What a call that may change a bucket's settings or a function is about, as clients would find it: the call has
    /// changed something where this differs afterwards. `None` if nobody can tell.
    fn state<'a>(&'a self, seen: &'a Seen) -> BoxFuture<'a, Option<String>> {
        let _ = seen;
        Box::pin(std::future::ready(None))
    }

    /// A call was served, and is answered with a body of so many bytes once this is over.
    fn answered<'a>(&'a self, call: CallSeen<'a>, bytes: u64) -> BoxFuture<'a, ()> {
        let _ = (call, bytes);
        Box::pin(std::future::ready(()))
    }

    /// A successful call changed something.
    fn changed(&self, change: CallChanged);
}

/// Operations that change nothing that anybody could read, though they are no reads.
const CHANGING_NOTHING: [&str; 6] = [
    "SelectObjectContent",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "AbortMultipartUpload",
    "PutObjectTagging",
];

/// Operations of Lambda by which a function answers otherwise than before.
const OF_LAMBDA: [&str; 9] = [
    "CreateFunction",
    "DeleteFunction",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "PutFunctionConcurrency",
    "DeleteFunctionConcurrency",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
];

/// Whether a call to S3 changes something.
pub(crate) fn changes_s3(method: &Method, seen: &Seen) -> bool {
    let operation = seen.operation.as_deref().unwrap_or_default();
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    !reads && !CHANGING_NOTHING.contains(&operation)
}

/// Whether a call to another service changes something.
pub(crate) fn changes_other(seen: &Seen) -> bool {
    let operation = seen.operation.as_deref().unwrap_or_default();
    // What another endpoint serves is named by its path: `UpdateFunctionCode20150331v2`.
    let is = |known: &&str| {
        let version = operation.strip_prefix(*known);
        version.is_some_and(|version| version.chars().next().is_none_or(|first| first.is_ascii_digit()))
    };
    seen.service == "lambda" && OF_LAMBDA.iter().any(is)
}

/// The keys that a request to S3 is about. A deletion of many names them in its body, which is read and put back.
pub(crate) async fn keys(
    request: Request<Body>,
    seen: &Seen,
) -> Result<(Request<Body>, Vec<String>), AwsError> {
    if seen.operation.as_deref() != Some("DeleteObjects") {
        return Ok((request, seen.key.clone().into_iter().collect()));
    }
    let (head, body) = request.into_parts();
    let whole = Limited::new(body, LARGEST_DOCUMENT)
        .collect()
        .await
        .map_err(|error| AwsError::unreadable(&*error))?
        .to_bytes();
    // Whether it is a document at all is for S3 to say.
    let named = Delete::deserialize(&mut Deserializer::new(&whole));
    let keys = named.map_or_else(
        |_| Vec::new(),
        |named| named.objects.into_iter().map(|object| object.key).collect(),
    );
    Ok((Request::from_parts(head, Body::from(whole)), keys))
}

/// What stands at these keys now. Another endpoint is not asked here, where a client waits for its answer.
pub(crate) fn looked_at(s3: &Backend, bucket: &str, keys: Vec<String>) -> Vec<(String, Stands)> {
    keys.into_iter()
        .map(|key| {
            let stands = s3.stands(bucket, &key);
            (key, stands)
        })
        .collect()
}

/// What a call is called in records: `s3:PutObject`.
pub fn operation_of(seen: &Seen) -> String {
    let operation: Cow<'_, str> = match &seen.operation {
        Some(operation) => Cow::Borrowed(operation),
        None => Cow::Borrowed("unknown"),
    };
    // Lambda's API has dates in its operations where another endpoint serves it.
    let plain = operation.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'v');
    let plain = if seen.service == "lambda" {
        plain
    } else {
        &operation
    };
    format!("{}:{plain}", seen.service)
}
