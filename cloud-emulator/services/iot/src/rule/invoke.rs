//! Functions as a rule invokes them: Lambda's `Invoke`, asynchronous, over HTTP.
//!
//! It is one operation of a REST API with JSON, signed with SigV4 by AWS's own signer.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::wall;
use s3s::Body;

use super::refusal::Refusal;
use cloud_client::transport::Http;
use cloud_client::{KeyPair, RetryPolicy};

/// What stays as it is in a path or a query.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The longest answer that is read.
const ANSWER_BYTES: usize = 64 * 1024;

/// The functions of a region as the rules see them.
#[derive(Clone)]
pub(super) struct Functions {
    http: Http,
    endpoint: String,
    region: String,
    credentials: Credentials,
}

impl Functions {
    /// Those behind the gateway at `endpoint`; requests are signed with `keys` for `region`.
    pub(super) fn new(http: &Http, endpoint: &str, region: &str, keys: &KeyPair) -> Functions {
        Functions {
            http: http.clone(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: region.to_owned(),
            credentials: Credentials::new(&keys.access_key, &keys.secret_key, None, None, "firedrill"),
        }
    }

    /// Hands an event over, to be worked off later.
    ///
    /// # Errors
    /// What Lambda answered, or that it did not.
    pub(super) async fn invoke(
        &self,
        name: &str,
        qualifier: Option<&str>,
        event: Bytes,
    ) -> Result<(), Refusal> {
        let request = self.request(name, qualifier, event)?;
        let answer = wall::timeout(RetryPolicy::ONCE.attempt, self.http.request(request));
        let answer = answer.await.ok_or_else(|| late(RetryPolicy::ONCE.attempt))?;
        let answer = answer.map_err(|error| Refusal::new(with_cause(&error)))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(refusal(answer).await)
    }

    fn request(&self, name: &str, qualifier: Option<&str>, event: Bytes) -> Result<Request<Body>, Refusal> {
        let encoded = |text| utf8_percent_encode(text, &UNRESERVED);
        let query = qualifier.map(|qualifier| format!("?Qualifier={}", encoded(qualifier)));
        let url = format!(
            "{}/2015-03-31/functions/{}/invocations{}",
            self.endpoint,
            encoded(name),
            query.unwrap_or_default()
        );
        let headers = [
            ("content-type", "application/json"),
            ("x-amz-invocation-type", "Event"),
        ];
        let unusable = |error: &dyn std::error::Error| Refusal::new(format!("{url}: {error}"));
        let mut request = Request::builder().method(Method::POST).uri(&url);
        for (header, value) in headers {
            request = request.header(header, value);
        }
        let mut request = request
            .body(Body::from(event.clone()))
            .map_err(|error| unusable(&error))?;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("lambda")
            .time(SystemTime::UNIX_EPOCH + Duration::from_micros(wall::now_us().cast_unsigned()))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unusable(&error))?;
        let body = SignableBody::Bytes(&event);
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), body);
        let signed = signable.and_then(|signable| sign(signable, &parameters.into()));
        let (instructions, _) = signed.map_err(|error| unusable(&error))?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn late(limit: Duration) -> Refusal {
    Refusal::new(format!("no answer within {limit:?}"))
}

fn with_cause(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// An error as Lambda gives it: the code in a header, the message in the body.
async fn refusal(answer: Response<Incoming>) -> Refusal {
    let (head, body) = answer.into_parts();
    let code = head
        .headers
        .get("x-amzn-errortype")
        .and_then(|code| code.to_str().ok());
    let code = code.map_or_else(
        || head.status.as_u16().to_string(),
        |code| code.split(':').next().unwrap_or(code).to_owned(),
    );
    let body = wall::timeout(
        RetryPolicy::ONCE.attempt,
        Limited::new(body, ANSWER_BYTES).collect(),
    );
    let text = match body.await {
        Some(Ok(body)) => body.to_bytes(),
        _ => Bytes::new(),
    };
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let message = ["Message", "message"].iter().find_map(|key| json[*key].as_str());
    Refusal {
        error: format!("{code}: {}", message.unwrap_or_default()),
        // What is too large now is too large always.
        for_good: head.status == http::StatusCode::PAYLOAD_TOO_LARGE,
    }
}
