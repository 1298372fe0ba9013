//! Stands between a gateway and one of our own S3s, and meddles with answers: those are held, come without their length,
//! or say something else.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use http::{Method, Request, Response, StatusCode, Uri, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::Semaphore;

/// What becomes of a request.
pub(crate) enum Meddling {
    None,
    /// It reaches the endpoint when this has a permit.
    RequestHeld(Arc<Semaphore>),
    /// It is done at once, and its answer comes when this has a permit.
    AnswerHeld(Arc<Semaphore>),
    /// It never reaches the endpoint, and this is the answer.
    Instead(StatusCode, &'static str),
    /// The answer does not say how long it is.
    WithoutLength,
}

/// Decides by the method, the path and the query.
pub(crate) type Meddle = Arc<dyn Fn(&Method, &str) -> Meddling + Send + Sync>;

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// Listens in front of `to` until its runtime ends: where.
pub(crate) fn in_front_of(to: SocketAddr, runtime: &tokio::runtime::Runtime, meddle: Meddle) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (client, meddle) = (client.clone(), meddle.clone());
            let service = service_fn(move |request| answer(client.clone(), to, meddle.clone(), request));
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

async fn answer(
    client: Client<HttpConnector, Incoming>,
    to: SocketAddr,
    meddle: Meddle,
    request: Request<Incoming>,
) -> Result<Response<Body>, hyper_util::client::legacy::Error> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let meddling = meddle(request.method(), path);
    let uri: Uri = format!("http://{to}{path}").parse().unwrap();
    if let Meddling::Instead(status, text) = meddling {
        let mut instead = Response::new(whole(text));
        *instead.status_mut() = status;
        return Ok(instead);
    }
    if let Meddling::RequestHeld(until) = &meddling {
        until.acquire().await.unwrap().forget();
    }
    let (mut head, body) = request.into_parts();
    head.uri = uri;
    let answer = client.request(Request::from_parts(head, body)).await?;
    if let Meddling::AnswerHeld(until) = &meddling {
        until.acquire().await.unwrap().forget();
    }
    let (mut head, body) = answer.into_parts();
    if let Meddling::WithoutLength = meddling {
        head.headers.remove(header::CONTENT_LENGTH);
        let data = body.into_data_stream().map(|data| data.map(Frame::data));
        return Ok(Response::from_parts(head, StreamBody::new(data).boxed_unsync()));
    }
    Ok(Response::from_parts(head, body.boxed_unsync()))
}

fn whole(text: &'static str) -> Body {
    let body = Full::new(Bytes::from_static(text.as_bytes()));
    body.map_err(|never| match never {}).boxed_unsync()
}
