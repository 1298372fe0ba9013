//! The Runtime API (2018-06-01), by which the process in an environment takes events and answers them.
//!
//! ```text
//!   connection ──► of this user or root? ──► request ──► names this address, and is no browser's? ──► slot
//! ```
//!
//! The protocol has neither keys nor a path of ours to hide behind: AWS's runtimes fix it. A browser of the same user
//! passes the first question, so that the second one keeps out what a web page makes it send. Browsers say of
//! themselves in headers that they are some; the address keeps out those that do not, since no page can guess it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HOST, ORIGIN, REFERER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::slot::{Event, FunctionAnswer, Misplaced, Slot};
use cloud_service::random;

/// The largest result (AWS: 6 MB and some).
pub(crate) const LARGEST_RESPONSE: usize = 6_291_556;

/// Connections that one environment may hold.
const CONNECTIONS: usize = 16;

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// Listens for one environment, at an address of its own.
pub(crate) async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((loopback_at_random()?, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// One of the sixteen million addresses of loopback. A web page would have to try them all, each with all ports.
fn loopback_at_random() -> io::Result<Ipv4Addr> {
    let [a, b, c] = random::bytes()?;
    // The first and the last address of the network are for broadcasts.
    Ok(Ipv4Addr::new(127, a, b, c.clamp(1, 254)))
}

/// Serves `slot`, which `address` was made for, until it is dropped, to whom this process's user or root is: the
/// protocol knows no keys, and who takes an event may answer it.
pub(crate) async fn serve(listener: TcpListener, address: SocketAddr, slot: Arc<Slot>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        // The relay of a sandbox connects as this process does, and so does a function without one.
        let ours = stream
            .local_addr()
            .and_then(|own| runtime::peer::is_ours(own, peer));
        if !ours.as_ref().is_ok_and(|ours| *ours) {
            tracing::warn!(%peer, answer = ?ours, "another user's connection to a Runtime API is closed");
            continue;
        }
        // Small answers should not wait for an acknowledgement; if they do, they are only late.
        let _ = stream.set_nodelay(true);
        let slot = slot.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let slot = slot.clone();
                async move { Ok::<_, Infallible>(handle(&slot, address, request).await) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            // How a runtime ends its connection is its own affair.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn handle(slot: &Slot, address: SocketAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if !is_of_a_runtime(request.headers(), request.uri(), address) {
        let message = format!("runtimes ask {address} by this name, and are no browsers");
        return refusal(StatusCode::FORBIDDEN, "AccessDenied", &message);
    }
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else {
        return refusal(StatusCode::NOT_FOUND, "NotFound", "no such path");
    };
    let parts: Vec<&str> = path.split('/').collect();
    match (request.method(), &parts[..]) {
        (&Method::GET, ["invocation", "next"]) => match slot.next().await {
            Ok(event) => hand_over(&event),
            Err(misplaced) => misplacement(misplaced),
        },
        (&Method::POST, ["invocation", id, what @ ("response" | "error")]) => {
            let (id, what) = (id.to_owned().to_owned(), (*what).to_owned());
            answer(slot, &id, &what, request).await
        }
        (&Method::POST, ["init", "error"]) => {
            let kind = error_type(request.headers());
            match collect(request.into_body()).await {
                Some((document, _)) => {
                    slot.init_failed(document, kind);
                    accepted()
                }
                None => too_large(),
            }
        }
        _ => refusal(StatusCode::NOT_FOUND, "NotFound", "no such path"),
    }
}

/// Whether a request names the address that the function was given, as some runtimes do without its port, and has nothing
/// that browsers alone send. They have no say in that: pages can neither set nor leave out a header that begins with
/// `Sec-`.
fn is_of_a_runtime(headers: &HeaderMap, uri: &Uri, address: SocketAddr) -> bool {
    let names = [address.to_string(), address.ip().to_string()];
    let mut hosts = headers.get_all(HOST).iter();
    let is_ours = |said: &[u8]| names.iter().any(|name| name.as_bytes() == said);
    let names_us = hosts.next().is_some_and(|host| is_ours(host.as_bytes()))
        && hosts.next().is_none()
        && uri
            .authority()
            .is_none_or(|authority| is_ours(authority.as_str().as_bytes()));
    let is_browser = headers.contains_key(ORIGIN)
        || headers.contains_key(REFERER)
        || headers.keys().any(|name| name.as_str().starts_with("sec-"));
    names_us && !is_browser
}

async fn answer(slot: &Slot, id: &str, what: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if !slot.works_on(id) {
        return misplacement(Misplaced::NoSuchRequest);
    }
    let kind = error_type(request.headers());
    let Some((document, trailers)) = collect(request.into_body()).await else {
        // It gets an error, and so does the caller.
        let _ = slot.answer(id, FunctionAnswer::TooLarge);
        return too_large();
    };
    // A streamed response that broke off says so behind its body.
    let broke_off = trailers.filter(|trailers| trailers.contains_key(ERROR_TYPE));
    let answer = match (what, broke_off) {
        ("response", None) => FunctionAnswer::Response(document),
        ("response", Some(trailers)) => FunctionAnswer::Error {
            document: streamed_error(&trailers),
            kind: error_type(&trailers),
        },
        _ => FunctionAnswer::Error { document, kind },
    };
    match slot.answer(id, answer) {
        Ok(()) => accepted(),
        Err(misplaced) => misplacement(misplaced),
    }
}

/// What the trailers of a response that broke off report: JSON in base64.
fn streamed_error(trailers: &HeaderMap) -> Bytes {
    let body = trailers.get("lambda-runtime-function-error-body");
    let decoded = body.and_then(|body| base64_simd::STANDARD.decode_to_vec(body.as_bytes()).ok());
    decoded.map(Bytes::from).unwrap_or_default()
}

/// A body with its trailers; `None` if it is too large or breaks off.
async fn collect(body: Incoming) -> Option<(Bytes, Option<HeaderMap>)> {
    let collected = Limited::new(body, LARGEST_RESPONSE).collect().await.ok()?;
    let trailers = collected.trailers().cloned();
    Some((collected.to_bytes(), trailers))
}

fn error_type(headers: &HeaderMap) -> String {
    let value = headers.get(ERROR_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("Unhandled").to_owned()
}

fn hand_over(event: &Event) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(event.payload.clone()));
    let headers = response.headers_mut();
    let mut add = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    add("content-type", "application/json");
    add("lambda-runtime-aws-request-id", &event.request);
    add("lambda-runtime-deadline-ms", &event.deadline_ms.to_string());
    add("lambda-runtime-invoked-function-arn", &event.arn);
    add("lambda-runtime-trace-id", &trace_id(&event.request));
    if let Some(context) = &event.client_context {
        add("lambda-runtime-client-context", context);
    }
    response
}

/// A trace id in the form of X-Ray, which is not sampled: nothing here collects traces.
fn trace_id(request: &str) -> String {
    let hex: String = request.chars().filter(char::is_ascii_hexdigit).collect();
    let hex = format!("{hex:0<32}");
    format!("Root=1-{}-{};Sampled=0", &hex[..8], &hex[8..32])
}

fn accepted() -> Response<Full<Bytes>> {
    respond(StatusCode::ACCEPTED, "{\"status\":\"OK\"}".to_owned())
}

fn too_large() -> Response<Full<Bytes>> {
    let message = format!("the limit is {LARGEST_RESPONSE} bytes");
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

fn misplacement(misplaced: Misplaced) -> Response<Full<Bytes>> {
    match misplaced {
        Misplaced::NoSuchRequest => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "this request is not worked on here",
        ),
        Misplaced::Busy => refusal(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            "the event before was not answered",
        ),
    }
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let document = serde_json::json!({ "errorType": kind, "errorMessage": message });
    respond(status, document.to_string())
}

fn respond(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}

#[cfg(test)]
mod tests {
    use runtime::wall;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    async fn asked(address: SocketAddr, line: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        let read = wall::timeout(Duration::from_secs(60), stream.read_to_string(&mut text)).await;
        assert!(
            matches!(read, Some(Ok(_))),
            "{line} with {headers:?}: no end of the answer"
        );
        text
    }

    #[tokio::test]
    async fn a_request_of_a_browser_neither_takes_nor_answers_an_event() {
        let (listener, address) = listen().await.unwrap();
        let slot = Slot::new();
        let serving = tokio::spawn(serve(listener, address, slot.clone()));
        let mut answered = slot.offer(Event {
            request: "the-event".into(),
            payload: Bytes::from_static(b"payload"),
            arn: String::new(),
            deadline_ms: 0,
            client_context: None,
        });
        let (next, response) = (
            "GET /2018-06-01/runtime/invocation/next",
            "POST /2018-06-01/runtime/invocation/the-event/response",
        );
        let host = format!("Host: {address}\r\n");
        let port = address.port();
        let by_a_browser = [
            format!("{host}Origin: http://127.0.0.1:8000\r\n"),
            format!("{host}Origin: null\r\n"),
            format!("{host}Referer: http://evil.example/\r\n"),
            format!("{host}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
            format!("{host}Sec-Fetch-Dest: image\r\n"),
            format!("Host: evil.example:{port}\r\n"),
            format!("Host: localhost:{port}\r\n"),
            format!("Host: 127.0.0.1:{port}\r\n"),
            format!("Host: {}:1\r\n", address.ip()),
            format!("{host}{host}"),
            String::new(),
        ];
        for headers in &by_a_browser {
            let answer = asked(address, next, headers).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{headers}: {answer}");
        }
        let runtimes = asked(address, next, &host).await;
        assert!(
            runtimes.starts_with("HTTP/1.1 200 ") && runtimes.ends_with("payload"),
            "{runtimes}"
        );
        for headers in &by_a_browser {
            let answer = asked(address, response, headers).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{headers}: {answer}");
        }
        assert!(answered.try_recv().is_err(), "there is no answer");
        let runtimes = asked(address, response, &host).await;
        assert!(runtimes.starts_with("HTTP/1.1 202 "), "{runtimes}");
        assert!(matches!(answered.await, Ok(FunctionAnswer::Response(_))));
        serving.abort();
    }

    #[test]
    fn an_address_is_of_loopback_and_another_each_time() {
        let drawn: std::collections::BTreeSet<Ipv4Addr> =
            (0..100).map(|_| loopback_at_random().unwrap()).collect();
        assert!(drawn.len() > 90, "{drawn:?}");
        assert!(drawn.iter().all(|address| address.is_loopback()));
    }
}
