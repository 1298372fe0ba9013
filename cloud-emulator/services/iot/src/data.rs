//! AWS IoT's data plane over HTTP (`iotdata`): its `Publish`, handed to the broker of the region.
//!
//! ```text
//!   aws iot-data publish, SDKs, functions ──POST /topics/{topic}?qos=1──► gateway ──► IotData ──► Publish (a broker)
//! ```
//!
//! What a broker of ours cannot do (retained messages, properties of MQTT 5, shadows) is refused in words and
//! never dropped. Limits are those of AWS IoT Core's message broker.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Uri, request};
use percent_encoding::percent_decode_str;
use s3s::Body;
use serde::Serialize;

use crate::topic;
use cloud_gateway::{AwsService, Service, ServiceRequest};

/// The largest payload.
const LARGEST_PAYLOAD: usize = 128 << 10;

/// Where topics stand in paths.
const TOPICS: &str = "/topics/";

/// The header with the code of an error, which SDKs look for.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Properties of MQTT 5, which brokers here do not carry: parameters of the query, and headers.
const PARAMETERS: [&str; 3] = ["contentType", "responseTopic", "messageExpiry"];
const HEADERS: [&str; 3] = [
    "x-amz-mqtt5-user-properties",
    "x-amz-mqtt5-payload-format-indicator",
    "x-amz-mqtt5-correlation-data",
];

/// A message on its way to a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic, percent-encoding removed.
    pub topic: String,
    /// What it says.
    pub payload: Bytes,
    /// Whether it is to reach subscribers at least once, or at most once.
    pub at_least_once: bool,
}

/// Why a region's broker did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It does not run or does not answer; a later attempt may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// The region has none.
    #[error("the region {0} has no broker")]
    NoBroker(String),
}

/// What takes messages: the brokers of all regions.
pub trait Publish: Send + Sync {
    /// Hands `message` to the broker of `region` (AWS's name), and waits until it has it.
    fn publish<'a>(&'a self, region: &'a str, message: Message) -> BoxFuture<'a, Result<(), PublishError>>;
}

/// The service.
pub struct IotData {
    brokers: Arc<dyn Publish>,
}

impl IotData {
    /// The data plane in front of `brokers`.
    pub fn new(brokers: Arc<dyn Publish>) -> IotData {
        IotData { brokers }
    }

    async fn answer(&self, request: ServiceRequest) -> Result<(), Refusal> {
        let message = message(&request)?;
        self.brokers
            .publish(&request.region, message)
            .await
            .map_err(|error| match error {
                PublishError::Unavailable(why) => Refusal::unavailable(why),
                PublishError::NoBroker(_) => Refusal::unavailable(error.to_string()),
            })
    }
}

impl Service for IotData {
    fn signing_name(&self) -> &'static str {
        "iotdata"
    }
}

impl AwsService for IotData {
    fn operation(&self, head: &request::Parts, _: &Bytes) -> Option<&'static str> {
        (head.method == Method::POST && head.uri.path().starts_with(TOPICS)).then_some("Publish")
    }

    fn resource(&self, head: &request::Parts, _: &Bytes) -> Option<String> {
        topic_of(&head.uri)
    }

    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, Response<Body>> {
        async move {
            match self.answer(request).await {
                Ok(()) => respond(StatusCode::OK, "OK"),
                Err(refusal) => {
                    let mut response = respond(refusal.status, &refusal.message);
                    let code = HeaderValue::from_static(refusal.code);
                    response.headers_mut().insert(ERROR_TYPE, code);
                    response
                }
            }
        }
        .boxed()
    }
}

/// An error of the service.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn invalid(message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidRequestException",
            message: message.into(),
        }
    }

    fn unavailable(message: String) -> Refusal {
        Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "ServiceUnavailableException",
            message,
        }
    }
}

/// The message that a request publishes.
fn message(request: &ServiceRequest) -> Result<Message, Refusal> {
    if request.method != Method::POST || !request.uri.path().starts_with(TOPICS) {
        return Err(Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "MethodNotAllowedException",
            message: "of the data plane only Publish is emulated".to_owned(),
        });
    }
    let topic = topic_of(&request.uri).ok_or_else(|| Refusal::invalid("the topic is not UTF-8"))?;
    topic::check_name(topic.as_bytes()).map_err(|wrong| Refusal::invalid(wrong.to_string()))?;
    let at_least_once = parameters(request)?;
    if request.body.len() > LARGEST_PAYLOAD {
        return Err(Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            code: "RequestEntityTooLargeException",
            message: format!(
                "the payload has {} bytes; the largest has {LARGEST_PAYLOAD}",
                request.body.len()
            ),
        });
    }
    Ok(Message {
        topic,
        payload: request.body.clone(),
        at_least_once,
    })
}

/// The topic in a path, if it is text.
fn topic_of(uri: &Uri) -> Option<String> {
    let topic = percent_decode_str(uri.path().strip_prefix(TOPICS)?);
    topic.decode_utf8().ok().map(|topic| topic.into_owned())
}

/// Whether the message is to arrive at least once; what else the request asks for is refused.
fn parameters(request: &ServiceRequest) -> Result<bool, Refusal> {
    let mut at_least_once = false;
    for (name, value) in form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes()) {
        match (&*name, &*value) {
            ("qos", "0") => at_least_once = false,
            ("qos", "1") => at_least_once = true,
            ("qos", other) => return Err(Refusal::invalid(format!("qos is 0 or 1, not {other}"))),
            ("retain", value) => match bool::from_str(value) {
                Ok(false) => {}
                Ok(true) => return Err(Refusal::invalid("retained messages are not emulated")),
                Err(_) => return Err(Refusal::invalid(format!("retain is true or false, not {value}"))),
            },
            (name, _) if PARAMETERS.contains(&name) => return Err(not_carried(name)),
            _ => {}
        }
    }
    match HEADERS.iter().find(|name| request.headers.contains_key(**name)) {
        Some(name) => Err(not_carried(name)),
        None => Ok(at_least_once),
    }
}

fn not_carried(name: &str) -> Refusal {
    Refusal::invalid(format!("{name}: properties of MQTT 5 are not emulated"))
}

/// The document that answers and errors have.
#[derive(Serialize)]
struct Document<'a> {
    message: &'a str,
}

fn respond(status: StatusCode, message: &str) -> Response<Body> {
    // A document of one text is always JSON.
    let document = serde_json::to_vec(&Document { message }).unwrap_or_default();
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, uri: &str, body: &[u8]) -> ServiceRequest {
        ServiceRequest {
            region: Arc::from("us-west-2"),
            principal: None,
            access_key: None,
            method,
            uri: uri.parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: Bytes::copy_from_slice(body),
        }
    }

    #[test]
    fn a_topic_is_what_follows_encoded_or_not() {
        for (uri, topic, at_least_once) in [
            ("/topics/cmd%2Fall%2Fprogram?qos=1", "cmd/all/program", true),
            ("/topics/cmd/all/program?qos=0", "cmd/all/program", false),
            ("/topics/%C3%BC%20x?retain=false", "ü x", false),
        ] {
            let expected = Message {
                topic: topic.to_owned(),
                payload: Bytes::from_static(b"on"),
                at_least_once,
            };
            assert_eq!(message(&request(Method::POST, uri, b"on")), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn what_no_broker_takes_is_refused() {
        let long = format!("/topics/{}", "x".repeat(257));
        let cases = [
            ("/topics/", 400, "empty"),
            (&*long, 400, "257 bytes"),
            ("/topics/a%2F%2F%2F%2F%2F%2F%2F%2F", 400, "8 slashes"),
            ("/topics/a%2F%23", 400, "wildcards"),
            ("/topics/a%2F+", 400, "wildcards"),
            ("/topics/%FF", 400, "UTF-8"),
            ("/topics/%24aws%2Fthings%2Fx%2Fshadow", 400, "reserved"),
            ("/topics/a?qos=2", 400, "qos is 0 or 1"),
            ("/topics/a?retain=true", 400, "retained"),
            ("/topics/a?retain=maybe", 400, "true or false"),
            ("/topics/a?messageExpiry=5", 400, "messageExpiry"),
            ("/things/x/shadow", 405, "only Publish"),
        ];
        for (uri, status, why) in cases {
            let refusal = message(&request(Method::POST, uri, b"")).unwrap_err();
            assert_eq!(refusal.status.as_u16(), status, "{uri}");
            assert!(refusal.message.contains(why), "{uri}: {}", refusal.message);
        }
        assert_eq!(
            message(&request(Method::GET, "/topics/a", b""))
                .unwrap_err()
                .status,
            405
        );
        let large = vec![0; LARGEST_PAYLOAD + 1];
        assert!(message(&request(Method::POST, "/topics/a", &large[1..])).is_ok());
        let refusal = message(&request(Method::POST, "/topics/a", &large)).unwrap_err();
        assert_eq!(refusal.code, "RequestEntityTooLargeException");
        let mut with_properties = request(Method::POST, "/topics/a", b"");
        with_properties
            .headers
            .insert(HEADERS[0], HeaderValue::from_static("W10="));
        assert!(
            message(&with_properties)
                .unwrap_err()
                .message
                .contains(HEADERS[0])
        );
    }
}
