//! Requests to S3: judged, handed to the embedded store or to another endpoint, told to browsers.

use std::sync::Arc;

use bytes::Bytes;
use http::header::Entry;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, Collected};
use hyper::body::Incoming;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};

use super::Gateway;
use super::act::{self, Outcome};
use super::connection::Connection;
use super::cut_short;
use super::error::AwsError;
use super::protocol::{Asked, Protocol};
use super::seen::{self, Seen};
use super::sigv4::{Dialect, Signed};
use super::usage::Meter;
use super::witness::{CallChanged, CallSeen, Witness};
use super::{host, principal, witness};
use crate::backend::Backend;
use crate::remote::Remote;
use crate::s3::{Account, Arrival, RequestId, Service, Status, Store, UnquotedTag};

/// The header in which an answer carries its request's number.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// The largest XML document of a request: a thousand keys to delete, ten thousand parts to join.
pub(crate) const LARGEST_DOCUMENT: usize = 8 << 20;

/// The largest file in a form: it is taken apart in memory before the store sees it.
const LARGEST_FORM: u64 = 256 << 20;

/// What serves S3.
pub(crate) enum Storage {
    /// Our own store under `s3s`.
    Embedded {
        /// The store.
        store: Arc<Store>,
        /// The protocol on it.
        service: Box<S3Service>,
    },
    /// Another endpoint.
    Remote(Arc<Remote>),
}

impl Storage {
    pub(crate) fn embedded(
        store: &Arc<Store>,
        accounts: Vec<Account>,
        keys: principal::Keys,
        anonymous: bool,
    ) -> Storage {
        let mut builder = S3ServiceBuilder::new(Service::new(store.clone(), accounts));
        builder.set_auth(keys.clone());
        builder.set_access(principal::Access {
            keys,
            store: store.clone(),
            anonymous,
        });
        builder.set_host(host::VirtualHosts);
        let mut config = S3Config::default();
        config.xml_max_body_size = LARGEST_DOCUMENT;
        config.post_object_max_file_size = store.largest_body().min(LARGEST_FORM);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        Storage::Embedded {
            store: store.clone(),
            service: Box::new(builder.build()),
        }
    }
}

impl Gateway {
    /// Answers a request to S3. It is `seen` only if somebody wants to know.
    pub(crate) async fn serve_s3(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
        seen: Option<Seen>,
        meter: Option<Arc<Meter>>,
        id: RequestId,
    ) -> Result<Response<Body>, HttpError> {
        let metered = meter.clone();
        let _in_flight = metered.as_deref().map(Meter::begin);
        let witness = meter.as_ref().and_then(|meter| meter.witness()).cloned();
        let mut watched = match (&seen, witness) {
            (Some(seen), Some(witness)) => Some(Watched::new(
                witness,
                seen.clone(),
                request.method(),
                request.headers(),
            )),
            _ => None,
        };
        let mut request = request.map(|body| match &meter {
            Some(meter) => meter.of_request(Body::from(body)),
            None => Body::from(body),
        });
        let mut keys = Vec::new();
        if let Some(watched) = &mut watched {
            // In a box, as all that few requests need. What it waits for may be long: rules judge what comes after.
            let admitted = Box::pin(watched.admit(request)).await;
            match admitted {
                Ok(admitted) => (request, keys) = admitted,
                Err(error) => return Ok(Protocol::S3.error(&error, &watched.asked, &id.to_string())),
            }
        }
        let outcome = match &seen {
            Some(seen) => {
                if let Some(meter) = &meter {
                    meter.call(&seen.service, seen.operation.as_deref());
                }
                // In boxes, this and what follows: a future that every request moves about should be small.
                Box::pin(self.judge(connection, seen, Protocol::S3, Some(request.body_mut()))).await
            }
            None => Outcome::Serve,
        };
        let mut response = match &outcome {
            Outcome::Serve | Outcome::Corrupt(_) => {
                let response = match (&self.storage, &seen) {
                    (Storage::Embedded { store, service }, _) => {
                        embedded(store, service, connection, request, id).await?
                    }
                    (Storage::Remote(remote), seen) => {
                        let asked = Asked::of(request.method(), request.headers());
                        let answer = Box::pin(self.remote(remote, request, seen.as_ref())).await;
                        answer.unwrap_or_else(|error| Protocol::S3.error(&error, &asked, &id.to_string()))
                    }
                };
                if let Some(watched) = &watched {
                    Box::pin(watched.served(&self.s3, keys, &response)).await;
                }
                response
            }
            Outcome::Answer(error) => {
                let asked = Asked::of(request.method(), request.headers());
                Box::pin(act::drain(&mut request)).await;
                Protocol::S3.error(error, &asked, &id.to_string())
            }
        };
        if let (Outcome::Corrupt(rule), Some(seen)) = (&outcome, &seen) {
            response = self.corrupt(rule, seen, response);
        }
        // Another endpoint has numbered the request already.
        if let Entry::Vacant(place) = response.headers_mut().entry(REQUEST_ID)
            && let Some(id) = id.header()
        {
            place.insert(id);
        }
        Ok(match meter {
            Some(meter) => response.map(|body| meter.of_answer(body)),
            None => response,
        })
    }

    /// Hands a request to the S3 of another endpoint, once its signature is verified.
    async fn remote(
        &self,
        remote: &Arc<Remote>,
        request: Request<Body>,
        seen: Option<&Seen>,
    ) -> Result<Response<Body>, AwsError> {
        let signed = Signed {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            dialect: Dialect::S3,
        };
        let seen = seen.expect("whoever serves another endpoint looks at every request");
        // A form carries its signature within, and is refused with that reason; a browser that asks what it may has none.
        let form = seen.operation.as_deref() == Some("PostObject");
        if !form && !matches!(*request.method(), Method::OPTIONS) {
            self.verify_signed(signed)
                .map_err(|refusal| AwsError::refused(Protocol::S3, refusal))?;
        }
        remote.serve(request, seen).await
    }
}

/// A request of a key that somebody watches.
struct Watched {
    witness: Arc<dyn Witness>,
    seen: Seen,
    changes: bool,
    bytes: u64,
    /// Of a call about a bucket: what it was like before.
    before: Option<String>,
    asked: Asked,
}

/// How many bytes `bytes=first-last` are.
fn length_of_range(range: &str) -> Option<u64> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    last.checked_sub(first)?.checked_add(1)
}

impl Watched {
    fn new(witness: Arc<dyn Witness>, seen: Seen, method: &Method, headers: &HeaderMap) -> Watched {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let length = text("content-length").and_then(|length| length.parse().ok());
        let copied = text("x-amz-copy-source-range").and_then(length_of_range);
        Watched {
            witness,
            changes: witness::changes_s3(method, &seen),
            seen,
            bytes: copied.or(length).unwrap_or(0),
            before: None,
            asked: Asked::of(method, headers),
        }
    }

    fn call(&self, objects: usize) -> CallSeen<'_> {
        CallSeen {
            seen: &self.seen,
            objects: objects.max(1) as u64,
            bytes: self.bytes,
        }
    }

    /// Lets the request through, with the keys that it is about.
    async fn admit(&mut self, request: Request<Body>) -> Result<(Request<Body>, Vec<String>), AwsError> {
        let (request, keys) = witness::keys(request, &self.seen).await?;
        self.witness.admit(self.call(keys.len())).await;
        if self.changes && keys.is_empty() {
            self.before = self.witness.state(&self.seen).await;
        }
        Ok((request, keys))
    }

    /// Tells what was changed, before the client knows of it.
    async fn served(&self, s3: &Backend, keys: Vec<String>, response: &Response<Body>) {
        let objects = keys.len();
        let changes = self.changes && response.status().is_success();
        let same = changes && self.before.is_some() && self.witness.state(&self.seen).await == self.before;
        if changes && !same {
            let bucket = self.seen.resource.as_deref().unwrap_or_default();
            self.witness.changed(CallChanged {
                keys: witness::looked_at(s3, bucket, keys),
                seen: self.seen.clone(),
            });
        }
        let bytes = response.body().size_hint().lower();
        self.witness.answered(self.call(objects), bytes).await;
    }
}

/// Hands a request to the embedded S3, with what a browser is told beside the answer.
async fn embedded(
    store: &Store,
    service: &S3Service,
    connection: &Connection,
    request: Request<Body>,
    id: RequestId,
) -> Result<Response<Body>, HttpError> {
    let (mut head, body) = request.into_parts();
    if head.method == Method::OPTIONS {
        return preflight(store, seen::bucket(&head).as_deref(), &head.headers);
    }
    let added = head.headers.contains_key(http::header::ORIGIN).then(|| {
        let bucket = seen::bucket(&head)?;
        store.cors_headers(&bucket, head.method.as_str(), &head.headers)
    });
    let listener = connection.listener.clone();
    head.extensions.insert(Arrival { id, listener });
    // The store itself sees to the bodies of objects; those of documents are read where an early end is an error of
    // ours. AWS calls it one of the client.
    let chunked = head.headers.contains_key(http::header::TRANSFER_ENCODING);
    let (body, wrong) = match chunked || seen::is_document(&head) {
        true => cut_short::watched(body, &head.headers, LARGEST_DOCUMENT as u64),
        false => (body, None),
    };
    let asked = wrong.is_some().then(|| Asked::of(&head.method, &head.headers));
    let mut response = service.call(Request::from_parts(head, body)).await?;
    if let (Some(wrong), Some(asked)) = (wrong, asked)
        && response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && let Some(error) = wrong.error()
    {
        response = Protocol::S3.error(&error, &asked, &id.to_string());
    }
    if let Some(Status(status)) = response.extensions_mut().remove() {
        *response.status_mut() = status;
    }
    if response.extensions_mut().remove::<UnquotedTag>().is_some() {
        response = unquoted(response).await;
    }
    if response.status().is_client_error() {
        response = legible(response).await;
    }
    response
        .headers_mut()
        .extend(added.flatten().into_iter().flatten());
    Ok(response)
}

/// AWS's words for an error that the protocol library gives none to: clients show `Unknown` then.
fn with_message(document: Bytes) -> Bytes {
    const CODE: &str = "<Code>SignatureDoesNotMatch</Code>";
    const MESSAGE: &str = "<Message>The request signature we calculated does not match the signature you provided. Check \
                           your key and signing method.</Message>";
    match std::str::from_utf8(&document) {
        Ok(text) if text.contains(CODE) && !text.contains("<Message>") => {
            Bytes::from(text.replacen(CODE, &format!("{CODE}{MESSAGE}"), 1))
        }
        _ => document,
    }
}

/// The same error without characters that no XML may have: it may say what the client has sent.
async fn legible(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    // What was just made in memory can be read.
    let document = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let length = document.len();
    let document = with_message(document);
    if document.len() != length {
        head.headers.remove(http::header::CONTENT_LENGTH);
    }
    // Their bytes begin so.
    let is_suspect = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 0xef);
    if !document.iter().any(is_suspect) {
        return Response::from_parts(head, Body::from(document));
    }
    let is_forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let text = String::from_utf8_lossy(&document).replace(is_forbidden, "\u{fffd}");
    head.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(Bytes::from(text)))
}

/// The same document, its entity tag without quotes.
async fn unquoted(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    // What was just made in memory can be read.
    let document = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&document).into_owned();
    if let Some((before, rest)) = text.split_once("<ETag>")
        && let Some((tag, after)) = rest.split_once("</ETag>")
    {
        let tag = tag.replace("&quot;", "").replace('"', "");
        text = format!("{before}<ETag>{tag}</ETag>{after}");
    }
    head.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(Bytes::from(text)))
}

/// Answers a browser that asks what it may.
fn preflight(store: &Store, bucket: Option<&str>, headers: &HeaderMap) -> Result<Response<Body>, HttpError> {
    match store.cors_preflight(bucket, headers) {
        Ok(allowed) => {
            let mut response = Response::new(Body::empty());
            *response.headers_mut() = allowed;
            Ok(response)
        }
        Err(error) => error
            .to_http_response()
            .map_err(|error| HttpError::new(Box::new(error))),
    }
}
