//! The data plane of AWS IoT behind a listener of its own, and the brokers that it hands messages to.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use cloud_emulator::gateway::{AwsService, Principal, ServiceRequest};
use cloud_emulator::iot_data::{IotData, Message, Publish, PublishError};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use s3s::Body;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Brokers that remember what they were given, or say no.
#[derive(Default)]
pub(crate) struct Brokers {
    given: Mutex<Vec<(String, Message)>>,
    pub(crate) refusing: Mutex<Option<PublishError>>,
}

impl Brokers {
    /// What came since the last look.
    pub(crate) fn drain(&self) -> Vec<(String, Message)> {
        std::mem::take(&mut self.given.lock())
    }
}

impl Publish for Brokers {
    fn publish<'a>(&'a self, region: &'a str, message: Message) -> BoxFuture<'a, Result<(), PublishError>> {
        async move {
            if let Some(error) = self.refusing.lock().clone() {
                return Err(error);
            }
            self.given.lock().push((region.to_owned(), message));
            Ok(())
        }
        .boxed()
    }
}

/// A listener in front of the data plane.
pub(crate) struct IotListener {
    pub(crate) url: String,
    pub(crate) brokers: Arc<Brokers>,
    /// The headers of the requests that came.
    pub(crate) headers: Arc<Mutex<Vec<HeaderMap>>>,
    server: tokio::task::JoinHandle<()>,
}

impl IotListener {
    pub(crate) async fn open() -> IotListener {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let brokers = Arc::new(Brokers::default());
        let headers = Arc::new(Mutex::new(Vec::new()));
        let (service, seen) = (Arc::new(IotData::new(brokers.clone())), headers.clone());
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (service, seen) = (service.clone(), seen.clone());
                let answer = service_fn(move |request: Request<Incoming>| {
                    let service = service.clone();
                    seen.lock().push(request.headers().clone());
                    async move { Ok::<_, Infallible>(hand_on(&service, request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                connections.spawn(http.serve_connection(TokioIo::new(stream), answer));
            }
        });
        IotListener {
            url,
            brokers,
            headers,
            server,
        }
    }
}

impl Drop for IotListener {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// As a gateway does, with the region of the credential scope and nothing verified.
async fn hand_on(service: &IotData, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_or_else(|_| Bytes::new(), |body| body.to_bytes());
    let scope = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let region = scope
        .and_then(|scope| scope.split('/').nth(2))
        .unwrap_or("nowhere");
    let request = ServiceRequest {
        region: Arc::from(region),
        principal: Some(Principal::Function),
        access_key: None,
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
    };
    service.call(request).await
}
