//! What a service behind the gateway is, and what the gateway asks of it.
//!
//! ```text
//!   Service ─┬─ AwsService        one call in, one answer out: what is signed was verified (STS, Lambda, …)
//!            └─ StreamedService   bodies as they come, and whatever names no service (S3)
//! ```

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, Request, Response, Uri, request};
use s3s::{Body, HttpError};

use super::credential::Credential;
use super::error::AwsError;
use super::keys::Keys;
use super::principal::Principal;
use super::protocol::Protocol;
use super::request_id::Arrival;
use super::request_info::RequestInfo;
use super::stands::Stands;

/// What the gateway asks of every service that it stands in front of, whether that answers here or at another endpoint.
pub trait Service: Send + Sync {
    /// The name in the credential scope of requests to it (`lambda`, `sts`).
    fn signing_name(&self) -> &'static str;

    /// What a request to it speaks, and so how its errors look. By default what its head tells.
    fn protocol(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Protocol {
        Protocol::from_request(self.signing_name(), method, uri, headers)
    }

    /// How unsigned requests to it begin their `X-Amz-Target` (`AmazonSSM`), where that is not its signing name.
    fn target(&self) -> Option<&'static str> {
        None
    }

    /// Its error for too many requests; clients wait and try again.
    fn throttled(&self, protocol: Protocol) -> AwsError {
        AwsError::throttled(protocol)
    }

    /// Whether a request changes something that a reader notices, if it succeeds: an effective change.
    fn changes(&self, method: &Method, seen: &RequestInfo) -> bool {
        let _ = (method, seen);
        false
    }

    /// Whether the keys that a request is about stand in its body, which is read for them.
    fn keys_in_body(&self, seen: &RequestInfo) -> bool {
        let _ = seen;
        false
    }

    /// The keys of a keyed store that a request is about; none of a request about something else. `body` is the whole
    /// one where [`Service::keys_in_body`], else empty.
    fn keys(&self, seen: &RequestInfo, body: &Bytes) -> Vec<String> {
        let _ = (seen, body);
        Vec::new()
    }

    /// What a reader of a key would get now. Another endpoint is not asked, since a client waits for its answer.
    fn current(&self, seen: &RequestInfo, key: &str) -> Stands {
        let _ = (seen, key);
        Stands::Unread
    }
}

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
    pub method: Method,
    /// Path and query as they came.
    pub uri: Uri,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The body, unframed.
    pub body: Bytes,
}

/// A service that takes whole requests, whose signature the gateway has verified and whose region it has found out (from
/// the credential scope).
pub trait AwsService: Service {
    /// The operation that a request asks for, in AWS's words (`Invoke`), if it is one; this is what faults
    /// match on. The body may be needed for it (the query protocol has the action there), the headers, too (JSON's
    /// target).
    fn operation(&self, head: &request::Parts, body: &Bytes) -> Option<&'static str>;

    /// The resource that a request is about (a function's name), percent-encoding removed.
    fn resource(&self, head: &request::Parts, body: &Bytes) -> Option<String>;

    /// The largest body that it takes, in bytes; by default more than a function's zip may have.
    fn largest_body(&self) -> usize {
        80 << 20
    }

    /// Answers it. Errors of the service are answers, too, in its protocol.
    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, Response<Body>>;
}

/// The service that reads bodies as they come and takes what names no other service.
pub trait StreamedService: Service {
    /// The run's keys, which are there before the first request; `anonymous` gives unsigned requests the rights of the
    /// owner.
    fn admit(&self, keys: &Keys, anonymous: bool);

    /// Whether an unsigned request is its own, although another service knows its path.
    fn claims(&self, head: &request::Parts) -> bool;

    /// What the head of a request tells.
    fn read_head(&self, head: &request::Parts, origin: Origin<'_>) -> RequestInfo;

    /// Whether it needs [`StreamedService::read_head`] of every request, also of those that nothing else watches.
    fn reads_all_heads(&self) -> bool;

    /// Whether the gateway verifies the signature of a request; if not, the service does.
    fn trusts_gateway(&self, method: &Method, seen: &RequestInfo) -> bool;

    /// Answers it.
    ///
    /// # Errors
    /// The connection is to end.
    fn serve<'a>(
        &'a self,
        request: Request<Body>,
        arrival: Arrival,
        seen: Option<&'a RequestInfo>,
    ) -> BoxFuture<'a, Result<Response<Body>, HttpError>>;
}

/// Where a request comes from.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// What it says of who signed it.
    pub credential: Option<&'a Credential<'a>>,
    /// Whose key that is.
    pub principal: Option<Principal>,
    /// The region of the listener that it came through.
    pub listener: &'a Arc<str>,
}
