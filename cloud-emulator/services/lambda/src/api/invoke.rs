//! `Invoke`, in its three ways, and the old `InvokeAsync`.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use s3s::Body;

use super::call::{ApiResult, Call, nothing};
use crate::Lambda;
use crate::error::LambdaError;
use crate::ids::REQUEST_ID;
use crate::invoke::{Invocation, Invoked};

pub(super) async fn call(lambda: &Lambda, call: Call) -> ApiResult {
    let kind = header(&call, "x-amz-invocation-type").unwrap_or("RequestResponse");
    let tail = header(&call, "x-amz-log-type") == Some("Tail");
    match kind {
        "RequestResponse" => {
            let invoked = lambda.invoke(&call.region.name, invocation(&call, tail)?).await?;
            answered(&invoked)
        }
        "Event" => call_async(lambda, call),
        "DryRun" => {
            lambda.job(&call.region, &call.reference()?)?;
            nothing()
        }
        other => Err(LambdaError::validation(format!(
            "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member \
             must satisfy enum value set: [Event, RequestResponse, DryRun]"
        ))),
    }
}

pub(super) fn call_async(lambda: &Lambda, call: Call) -> ApiResult {
    let request = lambda.invoke_async(&call.region.name, invocation(&call, false)?)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    insert(&mut response, REQUEST_ID, &request);
    Ok(response)
}

fn header<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.headers.get(name)?.to_str().ok()
}

fn invocation(call: &Call, tail: bool) -> Result<Invocation, LambdaError> {
    let context = header(call, "x-amz-client-context").map(|context| {
        let decoded = base64_simd::STANDARD.decode_to_vec(context.as_bytes()).ok();
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let valid = text.filter(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        valid
            .ok_or_else(|| LambdaError::content("Client context must be a valid Base64-encoded JSON object."))
    });
    let reference = call.reference()?;
    Ok(Invocation {
        function: reference.name,
        qualifier: reference.qualifier,
        payload: call.body.clone(),
        client_context: context.transpose()?,
        tail,
    })
}

fn answered(invoked: &Invoked) -> ApiResult {
    let mut response = Response::new(Body::from(Bytes::clone(&invoked.payload)));
    insert(&mut response, "content-type", "application/json");
    insert(&mut response, REQUEST_ID, &invoked.request);
    insert(&mut response, "x-amz-executed-version", &invoked.version);
    if invoked.failed {
        insert(&mut response, "x-amz-function-error", "Unhandled");
    }
    if let Some(tail) = &invoked.tail {
        let text = base64_simd::STANDARD.encode_to_string(tail);
        insert(&mut response, "x-amz-log-result", &text);
    }
    Ok(response)
}

fn insert(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
