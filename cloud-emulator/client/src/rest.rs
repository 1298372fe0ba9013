//! AWS's REST APIs with JSON (Lambda, IoT data), signed with SigV4 by AWS's own signer.
//!
//! A few operations of few services do not earn an SDK of their own each, which would cost the build minutes.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use drill::journal::StepError;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::wall;
use s3s::Body;

use super::meter::TransferMeter;
use super::transport::{Http, http};
use super::{KeyPair, RetryPolicy};

/// What stays as it is in a path or a query.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The longest answer that is read: Lambda's synchronous answers have at most 6 MB.
const ANSWER_BYTES: usize = 8 << 20;

/// The services of one region as one principal sees them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rest {
    http: Http,
    endpoint: String,
    region: String,
    credentials: Credentials,
    policy: RetryPolicy,
    meter: TransferMeter,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The service, as credential scopes name it.
    pub service: &'a str,
    /// The operation, for errors.
    pub operation: &'a str,
    /// The method.
    pub method: Method,
    /// Path and query, encoded.
    pub path: String,
    /// Headers beside those of every call; the type of the content is that of JSON unless one is given.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl<'a> Call<'a> {
    /// A call of a service with the protocol JSON 1.1, whose operations are named in a header as `<target>.<operation>`.
    pub fn json11(service: &'a str, target: &str, operation: &'a str, body: &serde_json::Value) -> Call<'a> {
        Call {
            service,
            operation,
            method: Method::POST,
            path: "/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", format!("{target}.{operation}")),
            ],
            body: body.to_string().into(),
        }
    }
}

/// An answer that is no error.
#[derive(Clone, Debug)]
pub struct ServiceAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A part of a path or a query, encoded.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

impl Rest {
    /// Behind the gateway at `endpoint`; requests are signed with `keys` for `region`. Each call is tried once.
    pub fn new(endpoint: &str, region: &str, keys: &KeyPair, policy: RetryPolicy) -> Rest {
        Rest {
            http: http(None),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: region.to_owned(),
            credentials: Credentials::new(&keys.access_key, &keys.secret_key, None, None, "firedrill"),
            policy,
            meter: TransferMeter::default(),
        }
    }

    /// The same, signing with other keys.
    pub fn signed_by(&self, keys: &KeyPair) -> Rest {
        Rest {
            credentials: Credentials::new(&keys.access_key, &keys.secret_key, None, None, "firedrill"),
            ..self.clone()
        }
    }

    /// The same, counted by `meter`.
    pub fn counted_by(&self, meter: &TransferMeter) -> Rest {
        Rest {
            meter: meter.clone(),
            ..self.clone()
        }
    }

    /// Makes a call and reads the answer.
    ///
    /// # Errors
    /// The service's error, or that it could not be reached.
    pub async fn call(&self, call: Call<'_>) -> Result<ServiceAnswer, StepError> {
        let operation = call.operation.to_owned();
        let failed = |code: &str, message: String| StepError {
            operation: operation.clone(),
            code: code.to_owned(),
            message,
        };
        let request = self.request(&call).map_err(|why| failed("InvalidRequest", why))?;
        self.meter.count_call(call.operation, call.body.len());
        let exchange = async {
            let answer = self
                .http
                .request(request)
                .await
                .map_err(|error| with_cause(&error))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok::<_, String>((head, body))
        };
        let limit = self.policy.attempt;
        let answered = wall::timeout(limit, exchange).await;
        let Some(answered) = answered else {
            return Err(failed("TimeoutError", format!("no answer within {limit:?}")));
        };
        let (head, body) = answered.map_err(|why| failed("DispatchFailure", why))?;
        self.meter.count_answer(body.len());
        if head.status.is_success() {
            Ok(ServiceAnswer {
                status: head.status,
                headers: head.headers,
                body,
            })
        } else {
            let (code, message) = refusal(head.status, &head.headers, &body);
            Err(failed(&code, message))
        }
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<Body>, String> {
        let url = format!("{}{}", self.endpoint, call.path);
        let mut headers: Vec<(&str, &str)> = Vec::new();
        headers.extend(call.headers.iter().map(|(name, value)| (*name, value.as_str())));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            headers.push(("content-type", "application/json"));
        }
        let mut request = Request::builder().method(&call.method).uri(&url);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let mut request = request
            .body(Body::from(call.body.clone()))
            .map_err(|error| error.to_string())?;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(call.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_micros(wall::now_us().cast_unsigned()))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let body = SignableBody::Bytes(&call.body);
        let signable = SignableRequest::new(call.method.as_str(), &url, headers.into_iter(), body);
        let signed = signable.and_then(|signable| sign(signable, &parameters.into()));
        let (instructions, _) = signed.map_err(|error| error.to_string())?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

/// The REST APIs of each region through that region's own listener. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RestClients(std::sync::Arc<[(String, Rest)]>);

impl RestClients {
    /// By the labels of the regions, of which there is at least one.
    pub fn new(by_region: Vec<(String, Rest)>) -> RestClients {
        assert!(!by_region.is_empty(), "a cloud has regions");
        RestClients(by_region.into())
    }

    /// The same, signing with other keys.
    pub fn signed_by(&self, keys: &KeyPair) -> RestClients {
        let signed = |(label, rest): &(String, Rest)| (label.clone(), rest.signed_by(keys));
        RestClients(self.0.iter().map(signed).collect())
    }

    /// The same, counted by `meter`.
    pub fn counted_by(&self, meter: &TransferMeter) -> RestClients {
        let counted = |(label, rest): &(String, Rest)| (label.clone(), rest.counted_by(meter));
        RestClients(self.0.iter().map(counted).collect())
    }

    /// Through the listener of the region of this label; through the first where there is none of that label.
    pub fn at(&self, label: &str) -> &Rest {
        let found = self.0.iter().find(|(known, _)| known == label);
        &found.unwrap_or(&self.0[0]).1
    }
}

/// An error with all its causes, in words.
pub fn with_cause(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// An error as REST-JSON and JSON 1.x give it: the code in a header or in the document, the message in the document.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> (String, String) {
    let code = headers
        .get("x-amzn-errortype")
        .and_then(|code| code.to_str().ok());
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    // JSON 1.0 and 1.1 have it in the document, with or without a namespace before it.
    let in_document = json["__type"].as_str().and_then(|code| code.rsplit('#').next());
    let code = code
        .and_then(|code| code.split(':').next())
        .or(in_document)
        .map_or_else(|| status.as_u16().to_string(), str::to_owned);
    let message = ["Message", "message"].iter().find_map(|key| json[*key].as_str());
    (code, message.unwrap_or_default().to_owned())
}
