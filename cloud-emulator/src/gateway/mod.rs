//! The gateway: one listener per region, one handler behind all of them.
//!
//! ```text
//!  listener us-west-2 ─┐                    ┌─ Seen: who asks, for which bucket, which region is meant
//!  listener us-east-1 ─┼─► connection ─► Gateway::handle ─► [verdict of the faults] ─► s3s ─► Store
//!                      │   (capped, bytes counted)                       signatures, principals
//! ```
//!
//! S3 requests are routed by the home region of their bucket, whichever door they came through: so one
//! `--endpoint-url` serves a sync across regions, and a request signed for another region is not turned
//! away. Host, raw path and query pass unchanged, for signatures cover them. Bodies are streamed.

mod counts;
mod host;
mod io;
mod principal;
mod seen;
mod serve;

use std::sync::Arc;

use http::{HeaderValue, Method};
use hyper::body::Incoming;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::sync::Semaphore;

use crate::s3::{RequestId, Service, Store};
pub use counts::{Counts, PrincipalCounts};
pub use principal::{AccessKey, Principal};
pub use seen::Seen;

/// The largest XML document of a request: a thousand keys to delete, ten thousand parts to join.
const LARGEST_DOCUMENT: usize = 8 << 20;

/// The largest file in a form: it is taken apart in memory before the store sees it.
const LARGEST_FORM: u64 = 256 << 20;

/// The region of the listener that a request came through, as an extension of the request.
#[derive(Clone, Debug)]
pub(crate) struct ListenerRegion(pub(crate) Arc<str>);

/// What a gateway is made with.
#[derive(Clone)]
pub struct GatewayOptions {
    /// What it serves.
    pub store: Arc<Store>,
    /// The run's key pairs, one or more for each principal.
    pub keys: Vec<AccessKey>,
    /// Give unsigned requests all rights of the owner. Otherwise they get what is granted to everybody:
    /// nothing, unless a bucket's owner granted it.
    pub anonymous: bool,
    /// At most so many connections at once, over all listeners; further ones wait to be accepted.
    pub connections: usize,
}

/// The handler behind all listeners of a cloud.
pub struct Gateway {
    s3: S3Service,
    store: Arc<Store>,
    principals: principal::Keys,
    counts: counts::Counters,
    connections: Arc<Semaphore>,
}

impl Gateway {
    /// A gateway that listens nowhere yet.
    pub fn new(options: GatewayOptions) -> Arc<Gateway> {
        let accounts = options.keys.iter().map(|key| key.account.clone()).collect();
        let principals = principal::Keys::new(options.keys);
        let mut builder = S3ServiceBuilder::new(Service::new(options.store.clone(), accounts));
        builder.set_auth(principals.clone());
        builder.set_access(principal::Access {
            keys: principals.clone(),
            store: options.store.clone(),
            anonymous: options.anonymous,
        });
        builder.set_host(host::VirtualHosts);
        let mut config = S3Config::default();
        config.xml_max_body_size = LARGEST_DOCUMENT;
        config.post_object_max_file_size = options.store.largest_body().min(LARGEST_FORM);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        Arc::new(Gateway {
            s3: builder.build(),
            store: options.store,
            principals,
            counts: counts::Counters::default(),
            connections: Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS))),
        })
    }

    /// What went through since the start.
    pub fn counts(&self) -> Counts {
        self.counts.read()
    }

    /// Answers one request. A fault's verdict on `seen` would be asked for, and acted on, before the
    /// service is called.
    async fn handle(
        &self,
        region: &ListenerRegion,
        mut request: http::Request<Incoming>,
    ) -> Result<http::Response<Body>, HttpError> {
        let seen = Seen::of(&request, &self.principals, &self.store, &region.0);
        let id = RequestId(self.counts.request(seen.principal));
        let bucket = seen.bucket.as_deref();
        let mut response = if request.method() == Method::OPTIONS {
            preflight(&self.store, bucket, request.headers())?
        } else {
            let added = bucket
                .filter(|_| request.headers().contains_key(http::header::ORIGIN))
                .and_then(|name| {
                    self.store
                        .cors_headers(name, request.method().as_str(), request.headers())
                });
            request.extensions_mut().insert(region.clone());
            request.extensions_mut().insert(id);
            let mut response = self.s3.call(request.map(Body::from)).await?;
            response.headers_mut().extend(added.into_iter().flatten());
            response
        };
        if let Ok(id) = HeaderValue::try_from(id.to_string()) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        self.counts.response(response.status());
        Ok(response)
    }
}

/// Answers a browser that asks what it may.
fn preflight(
    store: &Store,
    bucket: Option<&str>,
    headers: &http::HeaderMap,
) -> Result<http::Response<Body>, HttpError> {
    match store.cors_preflight(bucket, headers) {
        Ok(allowed) => {
            let mut response = http::Response::new(Body::empty());
            *response.headers_mut() = allowed;
            Ok(response)
        }
        Err(error) => error
            .to_http_response()
            .map_err(|error| HttpError::new(Box::new(error))),
    }
}
