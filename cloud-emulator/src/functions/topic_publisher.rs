//! Sends messages to devices in AWS's way: IoT Core's publish over HTTP, signed.

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use lambda_runtime::Diagnostic;
use runtime::wall;
use s3s::Body;
use std::time::{Duration, UNIX_EPOCH};

use super::end::FunctionEnd;
use super::host::{HandlerResult, fault};
use super::settings::Settings;
use crate::client::rest::encoded;
use crate::client::transport::{Http, http};

/// The service's name in signatures.
const SERVICE: &str = "iotdata";

/// As much of an error's body as is told, in bytes.
const TOLD: usize = 4 << 10;

/// Publishes to one topic of the region's broker.
pub struct TopicPublisher {
    uri: Uri,
    settings: Settings,
    client: Http,
}

impl TopicPublisher {
    /// For `topic`, which devices subscribe to.
    ///
    /// # Errors
    /// The endpoint is no URL.
    pub fn new(settings: Settings, topic: &str) -> Result<TopicPublisher, FunctionEnd> {
        let endpoint = settings.endpoint.trim_end_matches('/');
        let uri = format!("{endpoint}/topics/{}?qos=1", encoded(topic));
        Ok(TopicPublisher {
            uri: uri.parse().map_err(|_| FunctionEnd::WrongVariable {
                name: "AWS_ENDPOINT_URL",
                needed: "a URL",
                found: endpoint.to_owned(),
            })?,
            settings,
            client: http(None),
        })
    }

    /// Publishes `message` with QoS 1; errors begin with what was being done (`cannot announce the program`).
    ///
    /// # Errors
    /// IoT does not take it. It is not tried again here: Lambda tries an asynchronous event again.
    pub async fn publish(&self, doing: &str, message: Bytes) -> HandlerResult<()> {
        let request = self
            .signed(message)
            .map_err(|error| unavailable(doing, &error.to_string()))?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| unavailable(doing, &error_chain(&error)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let kind = response.headers().get("x-amzn-errortype");
        let kind = kind.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let body = Limited::new(response.into_body(), TOLD).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Err(fault(
            kind.unwrap_or_else(|| "IotUnavailable".to_owned()),
            format!("{doing}: {status}: {}", String::from_utf8_lossy(&body)),
        ))
    }

    fn signed(&self, message: Bytes) -> Result<Request<Body>, Box<dyn std::error::Error>> {
        let keys = &self.settings.keys;
        let identity = Credentials::new(&keys.access_key, &keys.secret_key, None, None, "environment").into();
        let now = UNIX_EPOCH + Duration::from_micros(u64::try_from(wall::now_us())?);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.settings.region)
            .name(SERVICE)
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = [("content-type", "application/octet-stream")];
        let signable = SignableRequest::new(
            "POST",
            self.uri.to_string(),
            headers.into_iter(),
            SignableBody::Bytes(&message),
        )?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let mut request = Request::post(self.uri.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(message.clone()))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn unavailable(doing: &str, why: &str) -> Diagnostic {
    fault("IotUnavailable", format!("{doing}: {why}"))
}

/// An error with its causes, which hold what matters.
fn error_chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
