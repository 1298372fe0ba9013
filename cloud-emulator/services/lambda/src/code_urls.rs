//! Where the code of functions is downloaded from: URLs that are good for ten minutes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use runtime::wall::{self, Mono};
use tokio::task::AbortHandle;

use super::package::Package;
use super::region::Region;
use cloud_gateway::is_local_host;
use cloud_service::random;

/// How long a URL is good, in wall time (AWS: 10 minutes).
const GOOD_FOR: Duration = Duration::from_secs(600);

/// How long to wait when this process is out of descriptors.
const RETRY: Duration = Duration::from_millis(10);

/// Where downloads are offered.
const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;

struct Offer {
    region: Arc<Region>,
    package: Arc<Package>,
    until: Mono,
}

type Offers = Arc<Mutex<HashMap<String, Offer>>>;

pub(crate) struct CodeUrls {
    offers: Offers,
    server: Mutex<Option<(SocketAddr, AbortHandle)>>,
}

impl CodeUrls {
    pub(crate) fn new() -> CodeUrls {
        CodeUrls {
            offers: Offers::default(),
            server: Mutex::new(None),
        }
    }

    /// Where it listens; it begins to with the first question.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        let mut server = self.server.lock();
        if let Some((address, _)) = *server {
            return Ok(address);
        }
        let listener = TcpListener::bind((ADDRESS, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let serving = tokio::spawn(serve(listener, self.offers.clone()));
        *server = Some((address, serving.abort_handle()));
        Ok(address)
    }

    /// A URL of that package.
    pub(crate) fn url(&self, region: &Arc<Region>, package: &Arc<Package>) -> std::io::Result<String> {
        let address = self.address()?;
        // Who has it may read the code.
        let token = hex::encode(random::bytes::<16>()?);
        let now = wall::mono();
        let mut offers = self.offers.lock();
        offers.retain(|_, offer| offer.until > now);
        let offer = Offer {
            region: region.clone(),
            package: package.clone(),
            until: now.after(GOOD_FOR),
        };
        offers.insert(token.clone(), offer);
        Ok(format!("http://{address}/{token}/code.zip"))
    }
}

/// Its port is free again.
impl Drop for CodeUrls {
    fn drop(&mut self) {
        if let Some((_, serving)) = self.server.lock().take() {
            serving.abort();
        }
    }
}

/// Serves what is offered, until it is aborted.
async fn serve(listener: tokio::net::TcpListener, offers: Offers) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection for code");
                wall::sleep(RETRY).await;
                continue;
            }
        };
        let offers = offers.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let response = answer(&offers, &request);
                async move { Ok::<_, Infallible>(response) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            // A client that breaks off has had enough.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer<B>(offers: &Offers, request: &Request<B>) -> Response<Full<Bytes>> {
    let token = request
        .uri()
        .path()
        .strip_prefix('/')
        .and_then(|path| path.strip_suffix("/code.zip"));
    let offers = offers.lock();
    let offer = token.and_then(|token| offers.get(token));
    let meant = request.method() == Method::GET
        && is_local_host(request.headers(), request.uri(), IpAddr::V4(ADDRESS));
    let offer = offer.filter(|offer| offer.until > wall::mono() && meant);
    let (status, body) = match offer {
        None => (StatusCode::FORBIDDEN, Bytes::from_static(b"Request has expired")),
        Some(offer) if offer.region.is_silent() => (StatusCode::SERVICE_UNAVAILABLE, Bytes::new()),
        Some(offer) => (StatusCode::OK, offer.package.zip.clone()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let zip = HeaderValue::from_static("application/zip");
    response.headers_mut().insert("content-type", zip);
    response
}
