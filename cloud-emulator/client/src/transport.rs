//! HTTP as everything in this crate that asks something speaks it: plain, over a pool of connections.
//!
//! ```text
//!   S3 (SDK) ──► Transport ──┐
//!   Rest, rules, functions ──┼──► Http (hyper's client, one type of body) ──► gateway or function
//!   requests passed on ──────┘
//! ```
//!
//! One type of body for all, because hyper's client is compiled anew for each. `Transport` stands where the SDK
//! would have `aws-smithy-http-client`, whose TLS, proxies and resolvers nothing here uses.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::{Extensions, Uri};
use http_body_util::Limited;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};
use hyper_util::client::legacy::{self, Client, connect};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use s3s::Body;

use super::limits::{LARGEST_DOCUMENT, LARGEST_OBJECT};
use super::sent::Sent;

/// A client with its pool of connections. Cheap to clone.
pub type Http = Client<connect::HttpConnector, Body>;

/// A client with an empty pool, which gives a connection the time of `connect`.
pub fn http(connect: Option<Duration>) -> Http {
    let mut connector = connect::HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(connect);
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_timer(TokioTimer::new());
    client.build(connector)
}

/// The SDK's way to the network: a pool for each time that its clients give to a connection. For an answer they wait
/// as long as for the attempt as a whole, which the SDK sees to.
#[derive(Clone)]
pub(super) struct Transport {
    pools: Arc<Mutex<Vec<(Limit, SharedHttpConnector)>>>,
    sent: Option<Sent>,
}

/// How long a connection may take; the system's time, if nothing is said.
type Limit = Option<Duration>;

impl Transport {
    /// One with empty pools, as the SDK takes it; with `sent`, objects that it reads are no larger than that says.
    pub(super) fn shared(sent: Option<Sent>) -> SharedHttpClient {
        SharedHttpClient::new(Transport {
            pools: Arc::default(),
            sent,
        })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connect = settings.connect_timeout();
        let mut pools = self.pools.lock();
        if let Some((_, pool)) = pools.iter().find(|(known, _)| *known == connect) {
            return pool.clone();
        }
        let pool = SharedHttpConnector::new(Pool {
            http: http(connect),
            connect,
            sent: self.sent.clone(),
        });
        pools.push((connect, pool.clone()));
        pool
    }
}

/// The connections with one limit.
#[derive(Debug)]
struct Pool {
    http: Http,
    connect: Limit,
    sent: Option<Sent>,
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let said = request
            .headers()
            .get("content-length")
            .and_then(|length| length.parse().ok());
        let length = said.or_else(|| request.body().content_length());
        let mut request = match request.try_into_http1x() {
            Ok(request) => request.map(body),
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        if let Some(sent) = &self.sent {
            sent.add(length);
        }
        let most = most_bytes(request.uri(), self.sent.as_ref());
        // By it the SDK closes the connection of an attempt that failed.
        let captured = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&captured));
        }
        let answer = self.http.request(request);
        let connect = self.connect;
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(|error| refused(error, connect))?;
            let answer = answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, most)));
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The most that an answer to the SDK may have: of an object as much as one may hold here, or can hold there, of anything
/// else as much as a document. An endpoint that is not ours may answer without end.
fn most_bytes(uri: &Uri, sent: Option<&Sent>) -> usize {
    // The SDK says so in each request.
    let is_object = uri.query().is_some_and(|query| query.contains("x-id=GetObject"));
    if is_object {
        sent.map_or(LARGEST_OBJECT, Sent::largest_object)
    } else {
        LARGEST_DOCUMENT
    }
}

fn body(body: SdkBody) -> Body {
    match body.bytes() {
        Some([]) => Body::empty(),
        _ => Body::http_body(body),
    }
}

fn metadata(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extensions = Extensions::new();
    captured
        .connection_metadata()
        .as_ref()?
        .get_extras(&mut extensions);
    let addresses = extensions.get::<HttpInfo>();
    let captured = captured.clone();
    let mut connection = ConnectionMetadata::builder().proxied(false).poison_fn(move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    connection
        .set_local_addr(addresses.map(HttpInfo::local_addr))
        .set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(connection.build())
}

/// What kind of failure it is: by that the SDK decides whether to try again.
fn refused(error: legacy::Error, connect: Option<Duration>) -> ConnectorError {
    let io = source::<io::Error>(&error);
    match connect {
        Some(limit) if error.is_connect() && io.is_some_and(|io| io.kind() == io::ErrorKind::TimedOut) => {
            return ConnectorError::timeout(ConnectTimedOut(limit).into());
        }
        _ => {}
    }
    match source::<hyper::Error>(&error) {
        Some(cause) if cause.is_timeout() => ConnectorError::timeout(error.into()),
        Some(cause) if cause.is_user() => ConnectorError::user(error.into()),
        Some(cause) if cause.is_closed() || cause.is_canceled() || io.is_some() => {
            ConnectorError::io(error.into())
        }
        // The other end went away in the middle of an answer.
        Some(cause) if cause.is_incomplete_message() => {
            ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
        }
        None if error.is_connect() || io.is_some() => ConnectorError::io(error.into()),
        _ => ConnectorError::other(error.into(), None),
    }
}

/// The first error of this type among an error and its causes.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// A connection was not there within this.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
struct ConnectTimedOut(Duration);
