//! The endpoint for scrapers: `GET /metrics`, and nothing else.
//!
//! Each connection has one request and a few seconds of wall time for all of it, and only a few are served at once:
//! a scraper that is slow, stuck or hostile costs a drill no more than that. The page is made in one go, without
//! waiting, and nothing of the drill is locked while it is written.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::gateway::is_local_host;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::wall;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::page::{MEDIA_TYPE, Page};

/// Where the metrics are.
const PATH: &str = "/metrics";

/// Connections that are served at once; further ones wait to be accepted.
const CONNECTIONS: usize = 8;

/// How long a connection may take from beginning to end, in wall time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait after an accept that failed (too many open files), in wall time.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves the pages that `page` makes, for as long as it is awaited.
pub(super) async fn serve(listener: TcpListener, page: impl Fn() -> Page + Send + Sync + 'static) {
    serve_within(TIMEOUT, listener, page).await;
}

async fn serve_within(
    timeout: Duration,
    listener: TcpListener,
    page: impl Fn() -> Page + Send + Sync + 'static,
) {
    let page = Arc::new(page);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    // One that does not tell where it listens is taken for the strictest.
    let at = listener
        .local_addr()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |at| at.ip());
    loop {
        let place = places.clone().acquire_owned().await;
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let page = page.clone();
                connections.spawn(async move {
                    wall::timeout(timeout, connection(stream, at, page)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a scraper cannot be accepted");
                wall::sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, at: IpAddr, page: Arc<impl Fn() -> Page + Send + Sync + 'static>) {
    let service = service_fn(move |request| {
        let answer = answer(&request, at, &*page);
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).keep_alive(false);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a scraper left early");
    }
}

fn answer<B>(request: &Request<B>, at: IpAddr, page: impl Fn() -> Page) -> Response<Full<Bytes>> {
    if !is_local_host(request.headers(), request.uri(), at) {
        let hint = "Ask for this machine by its address, or as localhost.\n".to_owned();
        return plain(StatusCode::FORBIDDEN, hint);
    }
    if request.uri().path() != PATH {
        let hint = format!("Nothing is here: the metrics are at {PATH}.\n");
        return plain(StatusCode::NOT_FOUND, hint);
    }
    if request.method() != Method::GET {
        let mut refused = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{PATH} can only be read: GET.\n"),
        );
        refused
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET"));
        return refused;
    }
    match page().text() {
        Ok(text) => {
            let mut response = plain(StatusCode::OK, text);
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
            response
        }
        Err(error) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("cannot write the metrics: {error}\n"),
        ),
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn page() -> Page {
        let mut page = Page::default();
        page.gauge("one", "One.").put(&[], 1.0);
        page
    }

    fn asked(method: Method, path: &str) -> Response<Full<Bytes>> {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        answer(&request, LOOPBACK, page)
    }

    #[test]
    fn only_the_metrics_can_be_read_and_only_read() {
        let response = asked(Method::GET, "/metrics?a=b");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; version=0.0.4");
        for path in ["/", "/metrics/", "/favicon.ico"] {
            assert_eq!(asked(Method::GET, path).status(), StatusCode::NOT_FOUND, "{path}");
        }
        for method in [Method::POST, Method::HEAD, Method::DELETE] {
            let response = asked(method, "/metrics");
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(response.headers()[ALLOW], "GET");
        }
    }

    #[test]
    fn a_page_that_gives_us_a_name_of_its_own_reads_nothing() {
        let request = Request::builder().uri("/metrics").header("host", "evil.example");
        let response = answer(&request.body(()).unwrap(), LOOPBACK, page);
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }

    /// More scrapers than are served at once say nothing at all; one that asks is answered once they are given up.
    #[tokio::test]
    async fn scrapers_that_say_nothing_do_not_keep_others_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve_within(Duration::from_millis(300), listener, page));
        let mut stuck = Vec::new();
        for _ in 0..CONNECTIONS * 2 {
            stuck.push(TcpStream::connect(address).await.unwrap());
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            .await
            .unwrap();
        let mut text = String::new();
        let read = wall::timeout(Duration::from_secs(60), stream.read_to_string(&mut text)).await;
        assert!(matches!(read, Some(Ok(_))), "{text}");
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(
            text.ends_with("\r\n\r\n# HELP one One.\n# TYPE one gauge\none 1\n"),
            "{text}"
        );
        serving.abort();
    }
}
