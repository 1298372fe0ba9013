//! What answers the requests to an S3, whatever it keeps its objects in.

use cloud_gateway::{Arrival, RequestInfo};
use futures::future::BoxFuture;
use http::{Request, Response};
use s3s::{Body, HttpError};

/// What answers requests.
pub trait Front: Send + Sync {
    /// Whether it relies on the gateway for the signatures of requests.
    fn trusts_gateway(&self) -> bool;

    /// Answers one.
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
