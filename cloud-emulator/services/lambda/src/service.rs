//! Lambda behind the gateway: what a request asks for, and the answer.

use bytes::Bytes;
use cloud_gateway::{AwsError, AwsService, Protocol, RequestInfo, Service, ServiceRequest, undated};
use futures::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, request};
use s3s::Body;

use super::Lambda;
use super::api::{self, Call, Query};
use super::error::LambdaError;
use super::function_names::Reference;
use super::ids::REQUEST_ID;

/// Operations that change what a function answers.
const CHANGING: [&str; 9] = [
    "CreateFunction",
    "DeleteFunction",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "PutFunctionConcurrency",
    "DeleteFunctionConcurrency",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
];

impl Service for Lambda {
    fn signing_name(&self) -> &'static str {
        "lambda"
    }

    fn throttled(&self, _: Protocol) -> AwsError {
        let code = "TooManyRequestsException";
        let mut error = AwsError::new(StatusCode::TOO_MANY_REQUESTS, code, "Rate Exceeded.");
        error.members = vec![("Reason", "CallerRateLimitExceeded"), ("Type", "User")];
        error
    }

    fn changes(&self, _: &Method, seen: &RequestInfo) -> bool {
        // What another endpoint serves is named by its path: `UpdateFunctionCode20150331v2`.
        CHANGING.contains(&undated(seen.operation.as_deref().unwrap_or_default()))
    }
}

impl AwsService for Lambda {
    fn operation(&self, head: &request::Parts, _body: &Bytes) -> Option<&'static str> {
        api::route::route(&head.method, head.uri.path()).map(|route| route.operation.name())
    }

    fn resource(&self, head: &request::Parts, _body: &Bytes) -> Option<String> {
        let route = api::route::route(&head.method, head.uri.path())?;
        let named = route.parts.into_iter().next()?;
        // An ARN names its region itself.
        let region = named.split(':').nth(3).unwrap_or_default().to_owned();
        let reference = Reference::parse(&named, &region, None);
        Some(reference.map_or(named, |reference| reference.name))
    }

    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, http::Response<Body>> {
        Box::pin(async move {
            let id = self.requests.next_id();
            let answered = self.answer(request).await;
            let mut response = answered.unwrap_or_else(|error| error.response());
            let headers = response.headers_mut();
            if !headers.contains_key(REQUEST_ID)
                && let Ok(id) = HeaderValue::from_str(&id)
            {
                headers.insert(REQUEST_ID, id);
            }
            response
        })
    }
}

impl Lambda {
    async fn answer(&self, request: ServiceRequest) -> Result<http::Response<Body>, LambdaError> {
        let region = self.region(&request.region)?.clone();
        if region.is_silent() {
            return Err(LambdaError::service("Service is unavailable"));
        }
        let route = api::route::route(&request.method, request.uri.path()).ok_or_else(|| {
            LambdaError::unknown_operation(format!(
                "{} {} is not an operation of the Lambda that is emulated here",
                request.method,
                request.uri.path()
            ))
        })?;
        let query = request.uri.query().unwrap_or_default();
        let call = Call {
            region,
            query: Query(form_urlencoded::parse(query.as_bytes()).into_owned().collect()),
            headers: request.headers,
            body: request.body,
            parts: route.parts,
        };
        api::dispatch(self, route.operation, call).await
    }
}
