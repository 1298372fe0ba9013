//! A request to Lambda's API, taken apart, and what its answers are made of.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use s3s::Body;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::LambdaError;
use crate::function_names::Reference;
use crate::region::Region;

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
pub(crate) type ApiResult = Result<Response<Body>, LambdaError>;

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
pub(crate) fn answer(status: StatusCode, document: &Value) -> ApiResult {
    let mut response = Response::new(Body::from(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    Ok(response)
}

/// An answer without anything.
pub(crate) fn nothing() -> ApiResult {
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
