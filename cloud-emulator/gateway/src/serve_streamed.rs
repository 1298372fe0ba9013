//! Requests to the service that reads bodies as they come: judged, watched, handed over.

use std::sync::Arc;

use bytes::Bytes;
use http::header::Entry;
use http::{HeaderName, Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use s3s::{Body, HttpError};

use cloud_client::LARGEST_DOCUMENT;

use super::act::{self, VerdictOutcome};
use super::connection::Connection;
use super::error::AwsError;
use super::handler::Gateway;
use super::observer::{CallChanged, CallObserver, CallSeen};
use super::protocol::{ErrorFormat, Protocol};
use super::request_id::{Arrival, RequestId};
use super::request_info::RequestInfo;
use super::service::StreamedService;
use super::sigv4::{Dialect, Signed};
use super::usage::UsageCounters;

/// The header in which an answer carries its request's number.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

impl Gateway {
    /// Answers a request to the default service. It is `seen` only if something needs that.
    pub(crate) async fn serve_streamed(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
        seen: Option<RequestInfo>,
        meter: Option<Arc<UsageCounters>>,
        id: RequestId,
    ) -> Result<Response<Body>, HttpError> {
        let metered = meter.clone();
        let _in_flight = metered.as_deref().map(UsageCounters::begin);
        let observer = meter.as_ref().and_then(|meter| meter.observer()).cloned();
        let mut watched = match (&seen, observer) {
            (Some(seen), Some(observer)) => Some(Watched::new(
                &*self.default_service,
                observer,
                seen.clone(),
                &request,
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
                Err(error) => return Ok(watched.protocol.error(&error, &watched.asked, &id.to_string())),
            }
        }
        let outcome = match &seen {
            Some(seen) => {
                if let Some(meter) = &meter {
                    meter.call(&seen.service, seen.operation.as_deref());
                }
                // In boxes, this and what follows: a future that every request moves about should be small.
                let protocol = self.spoken_by(&request);
                Box::pin(self.judge(connection, seen, protocol, Some(request.body_mut()))).await
            }
            None => VerdictOutcome::Serve,
        };
        let mut response = match &outcome {
            VerdictOutcome::Serve | VerdictOutcome::Corrupt(_) => {
                let response = match self.refusal(&request, seen.as_ref(), id) {
                    Some(refusal) => refusal,
                    None => {
                        let listener = connection.listener.clone();
                        let arrival = Arrival { id, listener };
                        self.default_service
                            .serve(request, arrival, seen.as_ref())
                            .await?
                    }
                };
                if let Some(watched) = &watched {
                    Box::pin(watched.served(keys, &response)).await;
                }
                response
            }
            VerdictOutcome::Answer(error) => {
                let asked = ErrorFormat::from_request(request.method(), request.headers());
                Box::pin(act::drain(&mut request)).await;
                self.spoken_by(&request).error(error, &asked, &id.to_string())
            }
        };
        if let (VerdictOutcome::Corrupt(rule), Some(seen)) = (&outcome, &seen) {
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

    fn spoken_by<T>(&self, request: &Request<T>) -> Protocol {
        self.default_service
            .protocol(request.method(), request.uri(), request.headers())
    }

    /// The refusal of a request whose signature is wrong, where the service leaves that to the gateway.
    fn refusal(
        &self,
        request: &Request<Body>,
        seen: Option<&RequestInfo>,
        id: RequestId,
    ) -> Option<Response<Body>> {
        let trusts = |seen: &&RequestInfo| self.default_service.trusts_gateway(request.method(), seen);
        seen.filter(trusts)?;
        let signed = Signed {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            dialect: Dialect::S3,
        };
        let refusal = self.verify_signed(signed).err()?;
        let protocol = self.spoken_by(request);
        let asked = ErrorFormat::from_request(request.method(), request.headers());
        Some(protocol.error(&AwsError::refused(protocol, refusal), &asked, &id.to_string()))
    }
}

/// The keys that a request is about. A body that names them is read, and put back.
async fn keys(
    service: &dyn StreamedService,
    request: Request<Body>,
    seen: &RequestInfo,
) -> Result<(Request<Body>, Vec<String>), AwsError> {
    if !service.keys_in_body(seen) {
        return Ok((request, service.keys(seen, &Bytes::new())));
    }
    let (head, body) = request.into_parts();
    let whole = Limited::new(body, LARGEST_DOCUMENT)
        .collect()
        .await
        .map_err(|error| AwsError::unreadable(&*error))?
        .to_bytes();
    // Whether it is a document at all is for the service to say.
    let keys = service.keys(seen, &whole);
    Ok((Request::from_parts(head, Body::from(whole)), keys))
}

/// A request of a key that is observed.
struct Watched<'a> {
    service: &'a dyn StreamedService,
    observer: Arc<dyn CallObserver>,
    seen: RequestInfo,
    changes: bool,
    bytes: u64,
    /// Of a call about a bucket: what it was like before.
    before: Option<String>,
    protocol: Protocol,
    asked: ErrorFormat,
}

/// How many bytes `bytes=first-last` are.
fn length_of_range(range: &str) -> Option<u64> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    last.checked_sub(first)?.checked_add(1)
}

impl<'a> Watched<'a> {
    fn new(
        service: &'a dyn StreamedService,
        observer: Arc<dyn CallObserver>,
        seen: RequestInfo,
        request: &Request<Incoming>,
    ) -> Watched<'a> {
        let (method, headers) = (request.method(), request.headers());
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let length = text("content-length").and_then(|length| length.parse().ok());
        let copied = text("x-amz-copy-source-range").and_then(length_of_range);
        Watched {
            observer,
            changes: service.changes(method, &seen),
            protocol: service.protocol(method, request.uri(), headers),
            service,
            seen,
            bytes: copied.or(length).unwrap_or(0),
            before: None,
            asked: ErrorFormat::from_request(method, headers),
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
        let (request, keys) = keys(self.service, request, &self.seen).await?;
        self.observer.admit(self.call(keys.len())).await;
        if self.changes && keys.is_empty() {
            self.before = self.observer.state(&self.seen).await;
        }
        Ok((request, keys))
    }

    /// Tells what was changed, before the client knows of it.
    async fn served(&self, keys: Vec<String>, response: &Response<Body>) {
        let objects = keys.len();
        let changes = self.changes && response.status().is_success();
        let same = changes && self.before.is_some() && self.observer.state(&self.seen).await == self.before;
        if changes && !same {
            let current = |key: String| {
                let stands = self.service.current(&self.seen, &key);
                (key, stands)
            };
            self.observer.changed(CallChanged {
                keys: keys.into_iter().map(current).collect(),
                seen: self.seen.clone(),
            });
        }
        let bytes = response.body().size_hint().lower();
        self.observer.answered(self.call(objects), bytes).await;
    }
}
