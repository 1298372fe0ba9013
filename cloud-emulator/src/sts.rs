//! STS, as far as scripts use it: who am I?

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Response, Uri, header};
use s3s::Body;

use crate::gateway::{AwsService, Principal, ServiceRequest};

/// The account of every run, in AWS's twelve digits.
pub const ACCOUNT_ID: &str = "000000000000";

/// The service: it answers with [`ACCOUNT_ID`] in every region.
#[derive(Debug, Default)]
pub struct Sts;

impl AwsService for Sts {
    fn signing_name(&self) -> &'static str {
        "sts"
    }

    fn operation(&self, _: &Method, uri: &Uri, body: &Bytes) -> Option<&'static str> {
        let in_query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let mut fields = form_urlencoded::parse(body).chain(in_query);
        let asks = fields.any(|(name, value)| name == "Action" && value == "GetCallerIdentity");
        asks.then_some("GetCallerIdentity")
    }

    fn resource(&self, _: &Method, _: &Uri) -> Option<String> {
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
