//! Tells the devices of a program, in AWS's way: IoT Core's publish over HTTP, signed.

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use lambda_runtime::Diagnostic;
use runtime::wall;
use s3s::Body;
use serde::Serialize;
use std::time::{Duration, UNIX_EPOCH};

use super::super::host::{Answer, fault};
use super::super::settings::Settings;
use crate::client::transport::{Http, http};

/// The topic that all devices listen to, as a segment of a path.
const TOPIC: &str = "cmd%2Fall%2Fprogram";

/// The service's name in signatures.
const SERVICE: &str = "iotdata";

/// The largest message that AWS IoT Core carries, in bytes.
const LARGEST_MESSAGE: usize = 128 << 10;

/// As much of an error's body as is told.
const TOLD: usize = 4 << 10;

#[derive(Serialize)]
struct Announcement<'a> {
    id: &'a str,
    sha256: &'a str,
    source: &'a str,
}

/// What the devices are sent.
///
/// # Errors
/// In words: it does not fit into a message.
pub(super) fn message(id: &str, sha256: &str, source: &str) -> Result<Bytes, String> {
    let announcement = Announcement { id, sha256, source };
    let message = serde_json::to_vec(&announcement).map_err(|error| error.to_string())?;
    if message.len() > LARGEST_MESSAGE {
        return Err(format!(
            "the program takes {} bytes as a message; AWS IoT Core carries {LARGEST_MESSAGE}",
            message.len()
        ));
    }
    Ok(message.into())
}

/// Publishes to the region's broker.
pub(super) struct Announcer {
    uri: Uri,
    settings: Settings,
    client: Http,
}

impl Announcer {
    /// # Errors
    /// In words: the endpoint is no URL.
    pub(super) fn new(settings: Settings) -> Result<Announcer, String> {
        let endpoint = settings.endpoint.trim_end_matches('/');
        let uri = format!("{endpoint}/topics/{TOPIC}?qos=1");
        Ok(Announcer {
            uri: uri
                .parse()
                .map_err(|_| format!("needs a URL in AWS_ENDPOINT_URL, not {endpoint}"))?,
            settings,
            client: http(None),
        })
    }

    /// Publishes `message` with QoS 1.
    ///
    /// # Errors
    /// IoT does not take it. It is not tried again here: Lambda tries an asynchronous event again.
    pub(super) async fn announce(&self, message: Bytes) -> Answer<()> {
        let request = self
            .signed(message)
            .map_err(|error| unavailable(&error.to_string()))?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| unavailable(&told(&error)))?;
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
            format!(
                "cannot announce the program: {status}: {}",
                String::from_utf8_lossy(&body)
            ),
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

fn unavailable(why: &str) -> Diagnostic {
    fault("IotUnavailable", format!("cannot announce the program: {why}"))
}

/// An error with its causes, which hold what matters.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_no_broker_carries_is_refused() {
        assert_eq!(
            message("a\"b", "00", "(on)\n").unwrap(),
            r#"{"id":"a\"b","sha256":"00","source":"(on)\n"}"#
        );
        let newlines = "\n".repeat(64 << 10);
        assert!(
            message("x", "00", &newlines)
                .unwrap_err()
                .contains("carries 131072")
        );
    }
}
