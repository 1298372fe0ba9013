//! What a service behind the gateway is, other than S3: one call in, one answer out.
//!
//! S3 has a life of its own (`s3s`, streamed bodies). Every other service takes whole requests, whose
//! signature the gateway has verified and whose region it has found out (from the credential scope).

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use s3s::Body;

use super::Principal;

/// A request to a service, verified and whole.
#[derive(Clone, Debug)]
pub struct ServiceRequest {
    /// AWS's name of the region that the request belongs to (`us-west-2`).
    pub region: Arc<str>,
    /// Who asks; `None` for unsigned requests, which get here only in a cloud that lets them in.
    pub principal: Option<Principal>,
    /// The key that signed it.
    pub access_key: Option<Box<str>>,
    /// The method.
    pub method: http::Method,
    /// Path and query as they came.
    pub uri: http::Uri,
    /// The headers as they came.
    pub headers: http::HeaderMap,
    /// The body, unframed.
    pub body: Bytes,
}

/// A service of the emulated cloud.
pub trait AwsService: Send + Sync {
    /// The name in the credential scope of requests to it (`lambda`, `sts`).
    fn signing_name(&self) -> &'static str;

    /// The operation that a request asks for, in AWS's words (`Invoke`), if it is one; this is what faults
    /// match on. The body may be needed for it (the query protocol has the action there).
    fn operation(&self, method: &http::Method, uri: &http::Uri, body: &Bytes) -> Option<&'static str>;

    /// The resource that a request is about (a function's name), percent-encoding removed.
    fn resource(&self, method: &http::Method, uri: &http::Uri) -> Option<String>;

    /// The largest body that it takes, in bytes; by default more than a function's zip may have.
    fn largest_body(&self) -> usize {
        80 << 20
    }

    /// Answers it. Errors of the service are answers, too, in its protocol.
    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, http::Response<Body>>;
}
