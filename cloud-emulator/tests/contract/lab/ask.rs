//! A request, signed by AWS's own signer, or wrongly, or not at all.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use runtime::wall;

use super::{HOME, HttpAnswer, Lab};
use crate::expectation::Stop;

/// How long an answer may take, and then its body.
const ANSWER: Duration = Duration::from_secs(25);

/// A request that is being put together.
pub(crate) struct Ask {
    lab: Lab,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    service: &'static str,
    /// Whose endpoint is asked.
    endpoint: &'static str,
    /// For which region it is signed.
    region: &'static str,
    credentials: Option<(String, String)>,
    /// How far the signer's clock is off, in seconds.
    skew: i64,
    /// What is sent in place of the body that was signed.
    instead: Option<Bytes>,
}

impl Ask {
    pub(super) fn new(lab: Lab, method: &str, path: String) -> Ask {
        let keys = &lab.reach.keys;
        let credentials = Some((keys.access_key.clone(), keys.secret_key.clone()));
        Ask {
            lab,
            method: method.to_owned(),
            path,
            headers: Vec::new(),
            body: Bytes::new(),
            service: "s3",
            endpoint: HOME,
            region: HOME,
            credentials,
            skew: 0,
            instead: None,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Ask {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Ask {
        self.body = body.into();
        self
    }

    /// To the endpoint of a region, and signed for it.
    pub(crate) fn region(mut self, region: &'static str) -> Ask {
        (self.endpoint, self.region) = (region, region);
        self
    }

    pub(crate) fn service(mut self, service: &'static str) -> Ask {
        self.service = service;
        self
    }

    /// Signed with this secret.
    pub(crate) fn secret(mut self, secret: &str) -> Ask {
        if let Some((_, known)) = &mut self.credentials {
            secret.clone_into(known);
        }
        self
    }

    /// Signed with an unknown key.
    pub(crate) fn stranger(mut self) -> Ask {
        self.credentials = Some(("AKIAIOSFODNN7UNKNOWN".to_owned(), "secret".to_owned()));
        self
    }

    pub(crate) fn unsigned(mut self) -> Ask {
        self.credentials = None;
        self
    }

    /// Signed by a clock that is off by so many seconds.
    pub(crate) fn skewed(mut self, seconds: i64) -> Ask {
        self.skew = seconds;
        self
    }

    /// Another body than the one that is signed.
    pub(crate) fn instead(mut self, body: impl Into<Bytes>) -> Ask {
        self.instead = Some(body.into());
        self
    }

    /// Sends it, and reads what comes.
    pub(crate) async fn send(self) -> Result<HttpAnswer, Stop> {
        let asked = self.shown();
        let failed = |what: &str| Stop(format!("{asked}: {what}"));
        let http = self.lab.http.clone();
        let request = self.request().map_err(|why| failed(&why))?;
        let answer = wall::timeout(ANSWER, http.request(request)).await;
        let answer = answer.ok_or_else(|| failed("no answer"))?;
        let answer = answer.map_err(|_| failed("the connection broke"))?;
        let (head, body) = answer.into_parts();
        let body = wall::timeout(ANSWER, body.collect()).await;
        let body = body.ok_or_else(|| failed("the body does not come"))?;
        let body = body.map_err(|_| failed("the body broke off"))?;
        Ok(HttpAnswer {
            asked,
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    /// Sends it; the answer must be a success.
    pub(crate) async fn done(self) -> Result<HttpAnswer, Stop> {
        self.send().await?.done()
    }

    /// Sends it: the status and the error's code.
    pub(crate) async fn summary(self) -> Result<String, Stop> {
        Ok(self.send().await?.summary())
    }

    /// The method and the first parameter, without names.
    fn shown(&self) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let query = query.split(['=', '&']).next().unwrap_or_default();
        let what = match (self.service, query) {
            ("s3", "") => {
                if path.trim_matches('/').contains('/') {
                    " object".to_owned()
                } else {
                    " bucket".to_owned()
                }
            }
            ("s3", query) => format!(" ?{query}"),
            (service, _) => format!(" {service}"),
        };
        format!("{}{what}", self.method)
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, String> {
        let url = format!("{}{}", self.lab.reach.endpoint(self.endpoint), self.path);
        let mut request = Request::builder().method(self.method.as_str()).uri(&url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request
            .body(Full::new(
                self.instead.clone().unwrap_or_else(|| self.body.clone()),
            ))
            .map_err(|error| error.to_string())?;
        let Some((key, secret)) = &self.credentials else {
            return Ok(request);
        };
        let identity = Credentials::new(key, secret, None, None, "contract").into();
        let now_us = wall::now_us() + self.skew * 1_000_000;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_micros(now_us.cast_unsigned()))
            .settings(settings(self.service))
            .build()
            .map_err(|error| error.to_string())?;
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(&self.body);
        let signable = SignableRequest::new(&self.method, &url, headers, body);
        let signed = signable.and_then(|signable| sign(signable, &parameters.into()));
        let (instructions, _) = signed.map_err(|error| error.to_string())?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

/// S3 signs paths as they are, and the body's digest in a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}
