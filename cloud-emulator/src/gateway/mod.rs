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

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::s3::{Service, Store};
pub use counts::{Counts, PrincipalCounts};
pub use principal::{AccessKey, Principal};
pub use seen::Seen;

/// The largest XML document of a request: a thousand keys to delete, ten thousand parts to join.
const LARGEST_DOCUMENT: usize = 8 << 20;

/// How long connections may go on with what they are doing once the gateway shuts down (wall time).
const GRACE: Duration = Duration::from_millis(500);

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
        config.post_object_max_file_size = options.store.largest_body();
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

    /// Serves `listener` as the door of `region` until `shutdown`; then lets requests under way finish for
    /// a moment and ends.
    ///
    /// # Errors
    /// The listener cannot be used by this runtime.
    pub async fn serve(
        self: Arc<Self>,
        region: &str,
        listener: std::net::TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let region = ListenerRegion(Arc::from(region));
        let connections = TaskTracker::new();
        // Acquiring a permit of a semaphore that is never closed does not fail.
        while let Some(Ok(permit)) = shutdown
            .run_until_cancelled(self.connections.clone().acquire_owned())
            .await
        {
            let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await else {
                break;
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of files, or the peer was gone before it was accepted.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            // Small replies should not wait for the peer's acknowledgement; if they do, they are only late.
            let _ = stream.set_nodelay(true);
            let (gateway, region, shutdown) = (self.clone(), region.clone(), shutdown.clone());
            connections.spawn(async move {
                gateway.connection(region, stream, shutdown).await;
                drop(permit);
            });
        }
        connections.close();
        connections.wait().await;
        Ok(())
    }

    /// Serves one connection to its end, or until the shutdown.
    async fn connection<S>(self: Arc<Self>, region: ListenerRegion, stream: S, shutdown: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(io::Counted::new(stream, self.clone()));
        let service = service_fn(move |request| {
            let (gateway, region) = (self.clone(), region.clone());
            async move { gateway.handle(&region, request).await }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        let connection = http.timer(TokioTimer::new()).serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                match tokio::time::timeout(GRACE, connection).await {
                    Ok(ended) => ended,
                    Err(_) => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    /// Answers one request. A fault's verdict on `seen` would be asked for, and acted on, before the
    /// service is called.
    async fn handle(
        &self,
        region: &ListenerRegion,
        mut request: http::Request<Incoming>,
    ) -> Result<http::Response<Body>, HttpError> {
        let seen = Seen::of(&request, &self.principals, &self.store, &region.0);
        let number = self.counts.request(seen.principal);
        request.extensions_mut().insert(region.clone());
        let mut response = self.s3.call(request.map(Body::from)).await?;
        let id = HeaderValue::try_from(format!("{number:016X}"));
        if let Ok(id) = id {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        self.counts.response(response.status());
        Ok(response)
    }
}
