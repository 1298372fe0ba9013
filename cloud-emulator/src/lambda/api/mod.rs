//! The operations of Lambda's API, a file for each group of them.

mod account;
mod aliases;
mod concurrency;
pub(crate) mod create;
mod document;
mod event_config;
pub(crate) mod functions;
mod invoke;
mod limits;
mod policy;
pub(crate) mod route;
mod tags;
pub(crate) mod update;
pub(crate) mod versions;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use s3s::Body;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Lambda;
use super::error::LambdaError;
use super::names::Reference;
use super::region::Region;
use route::Operation;

/// A request, taken apart.
pub(crate) struct Call {
    pub(crate) region: Arc<Region>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What the path names, the function first.
    pub(crate) parts: Vec<String>,
}

/// The parameters of a query, in their order.
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Query {
    pub(crate) fn get(&self, name: &str) -> Option<&String> {
        self.all(name).next()
    }

    /// Each value of a parameter that may come several times.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &String> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

/// What an operation answers with.
pub(crate) type Answer = Result<Response<Body>, LambdaError>;

impl Call {
    /// The function that it is about, and which of its versions.
    pub(crate) fn reference(&self) -> Result<Reference, LambdaError> {
        let text = self.parts.first().map_or("", String::as_str);
        Reference::parse(
            text,
            &self.region.name,
            self.query.get("Qualifier").map(String::as_str),
        )
    }

    /// The function that it is about, where no version can be named.
    pub(crate) fn function(&self) -> Result<String, LambdaError> {
        Ok(self.reference()?.name)
    }

    /// The second thing that the path names.
    pub(crate) fn second(&self) -> &str {
        self.parts.get(1).map_or("", String::as_str)
    }

    /// The document of its body.
    pub(crate) fn document<T: DeserializeOwned>(&self) -> Result<T, LambdaError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body)
            .map_err(|error| LambdaError::content(format!("Could not parse request body into json: {error}")))
    }

    /// A page of `items`, as `Marker` and `MaxItems` ask for it, and the marker of the next.
    pub(crate) fn page<T>(&self, items: Vec<T>) -> Result<(Vec<T>, Option<String>), LambdaError> {
        /// What AWS gives at most in one page.
        const LARGEST_PAGE: usize = 50;
        let number = |name: &str| match self.query.get(name) {
            None => Ok(None),
            Some(text) => text
                .parse::<usize>()
                .map(Some)
                .map_err(|_| LambdaError::invalid(format!("{name} '{text}' is not valid"))),
        };
        let from = number("Marker")?.unwrap_or(0);
        let most = match number("MaxItems")? {
            Some(0) => return Err(LambdaError::validation("MaxItems must be at least 1")),
            most => most.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE),
        };
        let next = (from.saturating_add(most) < items.len()).then(|| (from + most).to_string());
        Ok((items.into_iter().skip(from).take(most).collect(), next))
    }
}

/// An answer with a document.
pub(crate) fn answer(status: StatusCode, document: &Value) -> Answer {
    let mut response = Response::new(Body::from(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    Ok(response)
}

/// An answer without anything.
pub(crate) fn nothing() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Checks the revision that a request expects.
pub(crate) fn expect_revision(wanted: Option<&str>, found: &str) -> Result<(), LambdaError> {
    match wanted {
        Some(wanted) if wanted != found => Err(LambdaError::precondition()),
        _ => Ok(()),
    }
}

/// Hands a request to its operation.
pub(crate) async fn dispatch(lambda: &Lambda, operation: Operation, call: Call) -> Answer {
    use Operation::*;
    match operation {
        CreateFunction => create::call(lambda, &call).await,
        UpdateFunctionCode => update::code(lambda, &call).await,
        UpdateFunctionConfiguration => update::configuration(lambda, &call),
        GetFunction => functions::get(lambda, &call),
        GetFunctionConfiguration => functions::configuration(lambda, &call),
        ListFunctions => functions::list(lambda, &call),
        DeleteFunction => functions::delete(lambda, &call),
        Invoke => invoke::call(lambda, call).await,
        InvokeAsync => invoke::call_async(lambda, call),
        PublishVersion => versions::call(lambda, &call),
        ListVersionsByFunction => versions::list(lambda, &call),
        CreateAlias => aliases::create(lambda, &call),
        UpdateAlias => aliases::update(lambda, &call),
        GetAlias => aliases::get(&call),
        ListAliases => aliases::list(&call),
        DeleteAlias => aliases::delete(&call),
        PutFunctionConcurrency => concurrency::put(&call),
        GetFunctionConcurrency => concurrency::get(&call),
        DeleteFunctionConcurrency => concurrency::delete(&call),
        PutFunctionEventInvokeConfig => event_config::put(lambda, &call),
        UpdateFunctionEventInvokeConfig => event_config::update(lambda, &call),
        GetFunctionEventInvokeConfig => event_config::get(&call),
        DeleteFunctionEventInvokeConfig => event_config::delete(&call),
        ListFunctionEventInvokeConfigs => event_config::list(&call),
        AddPermission => policy::add(lambda, &call),
        GetPolicy => policy::get(&call),
        RemovePermission => policy::remove(lambda, &call),
        TagResource => tags::tag(&call),
        UntagResource => tags::untag(&call),
        ListTags => tags::list(&call),
        GetAccountSettings => account::settings(&call),
    }
}
