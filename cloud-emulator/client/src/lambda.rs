//! What is asked of Lambda through its public API.

use bytes::Bytes;
use drill::journal::StepError;
use http::Method;
use serde_json::{Value, json};

use super::rest::{Call, Rest, ServiceAnswer, encoded};

/// What a function answered.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// Whether the function or its runtime failed (`X-Amz-Function-Error`).
    pub failed: bool,
    /// Its result, or the document of its error.
    pub payload: Bytes,
    /// The version that ran.
    pub version: Option<String>,
}

impl Invoked {
    /// Whether the answer has this text in it.
    pub fn contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.payload).contains(text)
    }
}

/// Invokes a function and waits for its answer.
///
/// # Errors
/// Lambda's error. That the function failed is an answer.
pub async fn invoke(
    rest: &Rest,
    function: &str,
    qualifier: Option<&str>,
    event: Bytes,
) -> Result<Invoked, StepError> {
    let answer = rest
        .call(invocation(function, qualifier, "RequestResponse", event))
        .await?;
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    Ok(Invoked {
        failed: header("x-amz-function-error").is_some(),
        version: header("x-amz-executed-version").map(str::to_owned),
        payload: answer.body,
    })
}

/// Hands an event over, to be worked off later.
///
/// # Errors
/// Lambda's error.
pub async fn invoke_later(
    rest: &Rest,
    function: &str,
    qualifier: Option<&str>,
    event: Bytes,
) -> Result<(), StepError> {
    rest.call(invocation(function, qualifier, "Event", event))
        .await
        .map(drop)
}

fn invocation(function: &str, qualifier: Option<&str>, kind: &str, body: Bytes) -> Call<'static> {
    let query = qualifier.map(|qualifier| format!("?Qualifier={}", encoded(qualifier)));
    Call {
        service: "lambda",
        operation: "Invoke",
        method: Method::POST,
        path: format!(
            "/2015-03-31/functions/{}/invocations{}",
            encoded(function),
            query.unwrap_or_default()
        ),
        headers: vec![("x-amz-invocation-type", kind.to_owned())],
        body,
    }
}

/// The version that an alias points to.
///
/// # Errors
/// Lambda's error.
pub async fn alias(rest: &Rest, function: &str, alias: &str) -> Result<String, StepError> {
    let answer = call(
        rest,
        "GetAlias",
        Method::GET,
        path_of_alias(function, alias),
        None,
    )
    .await?;
    text(&answer, "FunctionVersion", "GetAlias")
}

fn path_of_alias(function: &str, alias: &str) -> String {
    format!(
        "/2015-03-31/functions/{}/aliases/{}",
        encoded(function),
        encoded(alias)
    )
}

/// Points an alias to a version.
///
/// # Errors
/// Lambda's error.
pub async fn update_alias(rest: &Rest, function: &str, alias: &str, version: &str) -> Result<(), StepError> {
    let body = json!({"FunctionVersion": version});
    call(
        rest,
        "UpdateAlias",
        Method::PUT,
        path_of_alias(function, alias),
        Some(body),
    )
    .await
    .map(drop)
}

/// The numbers of all published versions, the oldest first.
///
/// # Errors
/// Lambda's error.
pub async fn versions(rest: &Rest, function: &str) -> Result<Vec<u64>, StepError> {
    let mut numbers = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let query = marker.map(|marker| format!("?Marker={}", encoded(&marker)));
        let path = format!(
            "/2015-03-31/functions/{}/versions{}",
            encoded(function),
            query.unwrap_or_default()
        );
        let answer = call(rest, "ListVersionsByFunction", Method::GET, path, None).await?;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let versions = json["Versions"].as_array().into_iter().flatten();
        numbers.extend(versions.filter_map(|version| version["Version"].as_str()?.parse::<u64>().ok()));
        match json["NextMarker"].as_str().filter(|next| !next.is_empty()) {
            Some(next) => marker = Some(next.to_owned()),
            None => break,
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reserves execution environments for a function, or takes the reservation away.
///
/// # Errors
/// Lambda's error.
pub async fn put_concurrency(rest: &Rest, function: &str, reserved: Option<u32>) -> Result<(), StepError> {
    let path = format!("/2017-10-31/functions/{}/concurrency", encoded(function));
    let (operation, method, body) = match reserved {
        Some(reserved) => {
            let body = json!({"ReservedConcurrentExecutions": reserved});
            ("PutFunctionConcurrency", Method::PUT, Some(body))
        }
        None => ("DeleteFunctionConcurrency", Method::DELETE, None),
    };
    call(rest, operation, method, path, body).await.map(drop)
}

/// How many execution environments are reserved for a function.
///
/// # Errors
/// Lambda's error.
pub async fn concurrency(rest: &Rest, function: &str) -> Result<Option<u32>, StepError> {
    let path = format!("/2019-09-30/functions/{}/concurrency", encoded(function));
    let answer = call(rest, "GetFunctionConcurrency", Method::GET, path, None).await?;
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let reserved = document["ReservedConcurrentExecutions"].as_u64();
    Ok(reserved.and_then(|reserved| u32::try_from(reserved).ok()))
}

/// What a function is like under a version or an alias: its configuration without names, dates and numbers of versions.
///
/// # Errors
/// Lambda's error.
pub async fn settings(rest: &Rest, function: &str, qualifier: &str) -> Result<Value, StepError> {
    let answer = configuration(rest, function, qualifier).await?;
    let mut document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        for name in [
            "FunctionArn",
            "LastModified",
            "RevisionId",
            "Version",
            "LastUpdateStatus",
            "LastUpdateStatusReason",
            "LastUpdateStatusReasonCode",
            "Description",
        ] {
            fields.remove(name);
        }
    }
    Ok(document)
}

/// The versions that get a share of an alias's invocations beside the one that it points to, with their shares.
///
/// # Errors
/// Lambda's error.
pub async fn weights(rest: &Rest, function: &str, alias: &str) -> Result<Value, StepError> {
    let answer = call(
        rest,
        "GetAlias",
        Method::GET,
        path_of_alias(function, alias),
        None,
    )
    .await?;
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    Ok(document["RoutingConfig"]["AdditionalVersionWeights"].clone())
}

/// The digest of the code with which a function answers under a version or an alias.
///
/// # Errors
/// Lambda's error.
pub async fn code_sha256(rest: &Rest, function: &str, qualifier: &str) -> Result<String, StepError> {
    let answer = configuration(rest, function, qualifier).await?;
    text(&answer, "CodeSha256", "GetFunctionConfiguration")
}

async fn configuration(rest: &Rest, function: &str, qualifier: &str) -> Result<ServiceAnswer, StepError> {
    let path = format!(
        "/2015-03-31/functions/{}/configuration?Qualifier={}",
        encoded(function),
        encoded(qualifier)
    );
    call(rest, "GetFunctionConfiguration", Method::GET, path, None).await
}

async fn call(
    rest: &Rest,
    operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
) -> Result<ServiceAnswer, StepError> {
    rest.call(Call {
        service: "lambda",
        operation,
        method,
        path,
        headers: Vec::new(),
        body: body.map(|body| body.to_string().into()).unwrap_or_default(),
    })
    .await
}

fn text(answer: &ServiceAnswer, field: &str, operation: &str) -> Result<String, StepError> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    json[field].as_str().map(str::to_owned).ok_or_else(|| StepError {
        operation: operation.to_owned(),
        code: "InvalidAnswer".to_owned(),
        message: format!("the answer has no {field}"),
    })
}
