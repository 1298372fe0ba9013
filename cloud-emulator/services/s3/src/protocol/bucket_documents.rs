//! Requests for documents that buckets only store, led past the protocol library: it would read and write each kind.

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use s3s::route::S3Route;
use s3s::{Body, S3Request, S3Response, S3Result, s3_error};

use super::access::Access;
use super::request::bucket_and_key;
use cloud_gateway::RequestId;

use crate::embedded::documents::{self, DocumentRequest};

/// What serves them.
pub(crate) struct BucketDocuments(pub(crate) Access);

/// What a request asks for, as its extension.
#[derive(Clone)]
struct Wanted {
    asked: DocumentRequest,
    bucket: String,
}

impl Wanted {
    fn from_request(request: &S3Request<Body>) -> S3Result<Wanted> {
        let wanted = request.extensions.get::<Wanted>().cloned();
        wanted.ok_or_else(|| s3_error!(InternalError, "a request without what it asks for"))
    }
}

#[async_trait::async_trait]
impl S3Route for BucketDocuments {
    fn is_match(&self, method: &Method, uri: &Uri, headers: &HeaderMap, extensions: &mut Extensions) -> bool {
        let asked = uri
            .query()
            .and_then(|query| DocumentRequest::parse(method, query));
        let (Some(asked), (Some(bucket), None)) = (asked, bucket_and_key(uri, headers)) else {
            return false;
        };
        extensions.insert(Wanted { asked, bucket });
        true
    }

    async fn check_access(&self, request: &mut S3Request<Body>) -> S3Result<()> {
        let wanted = Wanted::from_request(request)?;
        self.0
            .check_bucket(&wanted.asked.operation(), &wanted.bucket, request)
            .map_err(|error| RequestId::from_extensions(&request.extensions).named_in(error))
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let wanted = Wanted::from_request(&request)?;
        let body = read(std::mem::take(&mut request.input)).await;
        body.and_then(|body| wanted.asked.serve(&self.0.store, &wanted.bucket, body))
            .map_err(|error| RequestId::from_extensions(&request.extensions).named_in(error))
    }
}

async fn read(body: Body) -> S3Result<Bytes> {
    match Limited::new(body, documents::LARGEST).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(documents::too_large()),
        Err(error) => Err(s3_error!(IncompleteBody, "cannot read the document: {error}")),
    }
}
