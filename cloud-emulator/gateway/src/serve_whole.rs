//! Requests that are read whole: judged, verified, handed to their service or to another endpoint.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::Entry;
use http::uri::Authority;
use http::{HeaderValue, Request, Response, StatusCode, request};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use s3s::Body;

use super::act::VerdictOutcome;
use super::call::{Call, UNTOLD};
use super::connection::Connection;
use super::cross_origin;
use super::error::AwsError;
use super::handler::Gateway;
use super::observer::{CallChanged, CallObserver, CallSeen};
use super::protocol::{ErrorFormat, Protocol};
use super::request_info::RequestInfo;
use super::rules::Entry as Rule;
use super::service::{AwsService, ServiceRequest};
use super::sigv4::{self, Dialect, Refusal, Signed};
use super::stands::Stands;

/// The largest body that is read for a service that this cloud does not have.
const LARGEST_STRAY: usize = 1 << 20;

/// The largest body that is passed on: a package of code in a request to Lambda, which is the largest that AWS takes.
const LARGEST_FORWARDED: usize = 70_167_211;

impl Gateway {
    /// Answers a request that names its service.
    pub(crate) async fn serve_whole(
        &self,
        connection: &Connection,
        call: Call,
        head: request::Parts,
        body: Incoming,
        number: u64,
    ) -> Response<Body> {
        let protocol = self.protocol(&call.service, &head);
        let asked = ErrorFormat::from_request(&head.method, &head.headers);
        let id = request_id(number);
        let meter = call.meter.clone();
        let metered = meter.clone();
        let _in_flight = metered.as_deref().map(|meter| meter.begin());
        let mut response = match self.answer_whole(connection, call, protocol, head, body).await {
            Ok(response) => response,
            Err(error) => protocol.error(&error, &asked, &id),
        };
        // A service that numbers its requests has said so itself.
        if let Entry::Vacant(place) = response.headers_mut().entry("x-amzn-requestid")
            && let Ok(id) = HeaderValue::try_from(id)
        {
            place.insert(id);
        }
        match meter {
            Some(meter) => response.map(|body| meter.of_answer(body)),
            None => response,
        }
    }

    async fn answer_whole(
        &self,
        connection: &Connection,
        mut call: Call,
        protocol: Protocol,
        head: request::Parts,
        body: Incoming,
    ) -> Result<Response<Body>, AwsError> {
        let is_meant = cross_origin::is_local_host(&head.headers, &head.uri, connection.at);
        if cross_origin::has_origin(&head.headers) || !is_meant {
            return Err(AwsError::denied(protocol));
        }
        if let Some(to) = self.forwarder.to(&call.service, &call.region) {
            return self
                .pass_on(to, connection, call, protocol, Request::from_parts(head, body))
                .await;
        }
        let service = self.service(&call.service);
        let limit = service.map_or(LARGEST_STRAY, |service| service.largest_body());
        let body = collected(body, limit).await?;
        let service = match &*call.service {
            UNTOLD => self.service_that_knows(&head, &body),
            _ => service,
        };
        if let Some(service) = service {
            call.service = Cow::Borrowed(service.signing_name());
        }
        let known = service.and_then(|service| service.operation(&head, &body));
        let named = || {
            protocol
                .operation(&head.uri, &head.headers, &body)
                .map(Cow::Owned)
        };
        let seen = RequestInfo {
            resource: service.and_then(|service| service.resource(&head, &body)),
            ..call.seen(connection, known.map(Cow::Borrowed).or_else(named))
        };
        if let Some(meter) = &call.meter {
            meter.bytes_in(body.len() as u64);
        }
        let corrupter = self.admit(connection, &call, &seen, protocol).await?;
        self.verify(&head, &body)
            .map_err(|refusal| AwsError::refused(protocol, refusal))?;
        let Some(service) = service else {
            let mut has = vec![self.default_service.signing_name()];
            has.extend(self.services.iter().map(|service| service.signing_name()));
            return Err(AwsError::no_service(&call.service, &has));
        };
        if known.is_none() {
            return Err(AwsError::no_operation(
                protocol,
                &call.service,
                seen.operation.as_deref(),
            ));
        }
        let bytes = body.len() as u64;
        let watched = Watched::new(&call, Some(service), &head, &seen, &body, bytes).await;
        let response = self.hand_over(service, call, head, body).await;
        if let Some(watched) = watched {
            let current = |key: &str| service.current(&seen, key);
            watched.answered(&seen, &response, current).await;
        }
        Ok(match corrupter {
            Some(rule) => self.corrupt(&rule, &seen, response),
            None => response,
        })
    }

    /// Counts a call and asks the rules: the rule that is to corrupt the answer, if there is one, or the
    /// error that a rule answers.
    async fn admit(
        &self,
        connection: &Connection,
        call: &Call,
        seen: &RequestInfo,
        protocol: Protocol,
    ) -> Result<Option<Arc<Rule>>, AwsError> {
        if let Some(meter) = &call.meter {
            meter.call(&seen.service, seen.operation.as_deref());
            if let Some(observer) = meter.observer() {
                let call = CallSeen {
                    seen,
                    objects: 1,
                    bytes: 0,
                };
                observer.admit(call).await;
            }
        }
        if !self.rules.any() {
            return Ok(None);
        }
        match self.judge(connection, seen, protocol, None).await {
            VerdictOutcome::Serve => Ok(None),
            VerdictOutcome::Corrupt(rule) => Ok(Some(rule)),
            VerdictOutcome::Answer(error) => Err(error),
        }
    }

    /// Has another endpoint answer what is signed by a key of this run: that endpoint may verify nothing. For that the
    /// body has to be there, since its digest is signed.
    async fn pass_on(
        &self,
        to: &Authority,
        connection: &Connection,
        call: Call,
        protocol: Protocol,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, AwsError> {
        let (head, body) = request.into_parts();
        let body = match call.principal {
            // It will be refused, whatever it says.
            None if !self.anonymous => Bytes::new(),
            _ => collected(body, LARGEST_FORWARDED).await?,
        };
        self.verify(&head, &body)
            .map_err(|refusal| AwsError::refused(protocol, refusal))?;
        let service = self.service(&call.service);
        let operation = protocol.operation(&head.uri, &head.headers, &body);
        let seen = RequestInfo {
            resource: service.and_then(|service| service.resource(&head, &body)),
            ..call.seen(connection, operation.map(Cow::Owned))
        };
        let corrupter = self.admit(connection, &call, &seen, protocol).await?;
        let watched = Watched::new(&call, service, &head, &seen, &body, 0).await;
        let body = Body::from(body);
        let body = match &call.meter {
            Some(meter) => meter.of_request(body),
            None => body,
        };
        let response = self
            .forwarder
            .passing
            .send(to, Request::from_parts(head, body))
            .await?;
        if let Some(watched) = watched {
            watched.answered(&seen, &response, |_| Stands::Unread).await;
        }
        Ok(match corrupter {
            Some(rule) => self.corrupt(&rule, &seen, response),
            None => response,
        })
    }

    fn hand_over<'a>(
        &self,
        service: &'a Arc<dyn AwsService>,
        call: Call,
        head: request::Parts,
        body: Bytes,
    ) -> BoxFuture<'a, Response<Body>> {
        service.call(ServiceRequest {
            region: call.region,
            principal: call.principal,
            access_key: call.access_key,
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
        })
    }

    /// Verifies a request by the secrets of the run.
    pub(crate) fn verify_signed(&self, signed: Signed<'_>) -> Result<(), Refusal> {
        let secret = |id: &str| Some(self.principals.secret(id)?.expose().to_owned());
        match sigv4::verify(signed, secret, runtime::wall::now_us() / 1_000_000) {
            Err(Refusal::Unsigned) if self.anonymous => Ok(()),
            verified => verified,
        }
    }

    fn verify(&self, head: &request::Parts, body: &Bytes) -> Result<(), Refusal> {
        let signed = Signed {
            method: &head.method,
            uri: &head.uri,
            headers: &head.headers,
            dialect: Dialect::Whole(body),
        };
        self.verify_signed(signed)
    }
}

/// A call of a key that is observed.
struct Watched {
    observer: Arc<dyn CallObserver>,
    changes: bool,
    keys: Vec<String>,
    /// What was there before, of a call that changes something and is about no keys.
    before: Option<String>,
    bytes: u64,
}

impl Watched {
    async fn new(
        call: &Call,
        service: Option<&Arc<dyn AwsService>>,
        head: &request::Parts,
        seen: &RequestInfo,
        body: &Bytes,
        bytes: u64,
    ) -> Option<Watched> {
        let observer = call.meter.as_ref()?.observer()?.clone();
        let changes = service.is_some_and(|service| service.changes(&head.method, seen));
        let keys = service.map_or_else(Vec::new, |service| service.keys(seen, body));
        let before = if changes && keys.is_empty() {
            observer.state(seen).await
        } else {
            None
        };
        Some(Watched {
            observer,
            changes,
            keys,
            before,
            bytes,
        })
    }

    /// Notifies the observer: something was changed where the state differs from the one before.
    async fn answered(self, seen: &RequestInfo, response: &Response<Body>, current: impl Fn(&str) -> Stands) {
        let changes = self.changes && response.status().is_success();
        if changes && (self.before.is_none() || self.observer.state(seen).await != self.before) {
            let current = |key: String| {
                let stands = current(&key);
                (key, stands)
            };
            self.observer.changed(CallChanged {
                seen: seen.clone(),
                keys: self.keys.into_iter().map(current).collect(),
            });
        }
        let call = CallSeen {
            seen,
            objects: 1,
            bytes: self.bytes,
        };
        self.observer
            .answered(call, response.body().size_hint().lower())
            .await;
    }
}

/// The whole body, if it is not larger than `limit`.
async fn collected(body: Incoming, limit: usize) -> Result<Bytes, AwsError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(AwsError::too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(AwsError::too_large(limit)),
        // This is not read: the client is gone, or does not speak HTTP.
        Err(error) => {
            let message = format!("The body cannot be read: {error}");
            Err(AwsError::new(StatusCode::BAD_REQUEST, "RequestAborted", message))
        }
    }
}

/// A request's number in the shape of a UUID, as these services have it.
fn request_id(number: u64) -> String {
    format!(
        "{:08x}-0000-4000-8000-{:012x}",
        number >> 48,
        number & 0xffff_ffff_ffff
    )
}
