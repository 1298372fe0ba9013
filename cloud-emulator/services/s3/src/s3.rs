//! S3 behind the gateway.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cloud_gateway::{Arrival, Keys, Origin, Protocol, RequestInfo, Service, Stands, StreamedService};
use futures::future::BoxFuture;
use http::{HeaderMap, Method, Request, Response, Uri, request};
use s3s::dto::Delete;
use s3s::xml::{Deserialize, Deserializer};
use s3s::{Body, HttpError};

use crate::front::Front;
use crate::protocol;
use crate::storage::S3Storage;

/// Operations that change nothing readable, though they are no reads.
const CHANGING_NOTHING: [&str; 6] = [
    "SelectObjectContent",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "AbortMultipartUpload",
    "PutObjectTagging",
];

/// S3 behind the gateway.
pub struct S3 {
    storage: S3Storage,
    front: OnceLock<Box<dyn Front>>,
}

impl S3 {
    /// The S3 that keeps its objects in this store.
    pub fn new(storage: impl Into<S3Storage>) -> Arc<S3> {
        Arc::new(S3 {
            storage: storage.into(),
            front: OnceLock::new(),
        })
    }

    fn front(&self) -> &dyn Front {
        &**self.front.get().expect("the gateway gave its keys at the start")
    }
}

impl Service for S3 {
    fn signing_name(&self) -> &'static str {
        "s3"
    }

    fn protocol(&self, _: &Method, _: &Uri, _: &HeaderMap) -> Protocol {
        Protocol::S3
    }

    fn changes(&self, method: &Method, seen: &RequestInfo) -> bool {
        let operation = seen.operation.as_deref().unwrap_or_default();
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        !reads && !CHANGING_NOTHING.contains(&operation)
    }

    /// A deletion of many names them in its document.
    fn keys_in_body(&self, seen: &RequestInfo) -> bool {
        seen.operation.as_deref() == Some("DeleteObjects")
    }

    fn keys(&self, seen: &RequestInfo, body: &Bytes) -> Vec<String> {
        if !self.keys_in_body(seen) {
            return seen.key.clone().into_iter().collect();
        }
        let named = Delete::deserialize(&mut Deserializer::new(body));
        named.map_or_else(
            |_| Vec::new(),
            |named| named.objects.into_iter().map(|object| object.key).collect(),
        )
    }

    fn current(&self, seen: &RequestInfo, key: &str) -> Stands {
        let bucket = seen.resource.as_deref().unwrap_or_default();
        self.storage.current(bucket, key)
    }
}

impl StreamedService for S3 {
    fn admit(&self, keys: &Keys, anonymous: bool) {
        self.front.get_or_init(|| self.storage.front(keys, anonymous));
    }

    /// A request that means a bucket of ours, or none at all.
    fn claims(&self, head: &request::Parts) -> bool {
        protocol::bucket(head).is_none_or(|bucket| self.storage.region_of(&bucket).is_some())
    }

    fn read_head(&self, head: &request::Parts, origin: Origin<'_>) -> RequestInfo {
        protocol::info(head, origin, &self.storage)
    }

    fn reads_all_heads(&self) -> bool {
        self.storage.is_remote()
    }

    /// A form carries its signature within, and is refused with that reason; a browser that asks what it may has none.
    fn trusts_gateway(&self, method: &Method, seen: &RequestInfo) -> bool {
        let form = seen.operation.as_deref() == Some("PostObject");
        self.front().trusts_gateway() && !form && !matches!(*method, Method::OPTIONS)
    }

    fn serve<'a>(
        &'a self,
        request: Request<Body>,
        arrival: Arrival,
        seen: Option<&'a RequestInfo>,
    ) -> BoxFuture<'a, Result<Response<Body>, HttpError>> {
        self.front().serve(request, arrival, seen)
    }
}
