//! STS, as far as scripts use it: who am I?

#![forbid(unsafe_code)]

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
pub use cloud_gateway::ACCOUNT_ID;
use cloud_gateway::{AwsService, Principal, Service, ServiceRequest};
use cloud_service::{CloudError, CloudOptions, EmulatedService, Handler, Placement, ReadyCall, ServiceKind};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Response, header, request};
use s3s::Body;

static READY: ReadyCall = ReadyCall {
    service: "sts",
    operation: "GetCallerIdentity",
    method: Method::POST,
    path: "/",
    headers: &[("content-type", "application/x-www-form-urlencoded")],
    body: "Action=GetCallerIdentity&Version=2011-06-15",
    is_answer: |body| {
        let text = String::from_utf8_lossy(body);
        text.contains("<GetCallerIdentityResult") && text.contains("<Account>")
    },
};

/// STS in the registry of services.
pub struct StsKind;

#[async_trait]
impl ServiceKind for StsKind {
    fn name(&self) -> &'static str {
        "sts"
    }

    fn ready_call(&self) -> Option<&'static ReadyCall> {
        Some(&READY)
    }

    async fn start(
        &self,
        _options: &CloudOptions<'_>,
        _place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        Ok(Arc::new(Sts))
    }
}

/// The service: it answers with [`ACCOUNT_ID`] in every region.
#[derive(Debug, Default)]
pub struct Sts;

impl EmulatedService for Sts {
    fn handler(self: Arc<Self>) -> Option<Handler> {
        Some(Handler::Whole(self))
    }
}

impl Service for Sts {
    fn signing_name(&self) -> &'static str {
        "sts"
    }
}

impl AwsService for Sts {
    fn operation(&self, head: &request::Parts, body: &Bytes) -> Option<&'static str> {
        let in_query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let mut fields = form_urlencoded::parse(body).chain(in_query);
        let asks = fields.any(|(name, value)| name == "Action" && value == "GetCallerIdentity");
        asks.then_some("GetCallerIdentity")
    }

    fn resource(&self, _: &request::Parts, _: &Bytes) -> Option<String> {
        None
    }

    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, Response<Body>> {
        let mut response = Response::new(Body::from(identity(&request)));
        let xml = HeaderValue::from_static("text/xml");
        response.headers_mut().insert(header::CONTENT_TYPE, xml);
        futures::future::ready(response).boxed()
    }
}

/// Each principal is a user of the account.
fn identity(request: &ServiceRequest) -> String {
    let name = format!("{:?}", request.principal.unwrap_or(Principal::User)).to_lowercase();
    let key = request.access_key.as_deref().unwrap_or("ANONYMOUS");
    // AWS writes an opaque id here; that of the key tells callers apart just as well.
    let id: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{ACCOUNT_ID}:user/{name}</Arn><UserId>{id}</UserId><Account>{ACCOUNT_ID}</Account>\
         </GetCallerIdentityResult><ResponseMetadata/></GetCallerIdentityResponse>"
    )
}
