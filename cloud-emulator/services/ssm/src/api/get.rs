//! `GetParameter`, `GetParameters`, `GetParametersByPath`, `GetParameterHistory`.

use cloud_gateway::AwsError;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::document;
use super::page::page;
use super::request::ParameterRequest;
use crate::error::invalid;
use crate::parameter_name::with_version;
use crate::store::ParameterStore;

/// How many parameters `GetParametersByPath` gives at once, by default and at most.
const BY_PATH: (usize, usize) = (10, 10);
/// Likewise of `GetParameterHistory`.
const VERSIONS: (usize, usize) = (50, 50);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    name: String,
}

pub(super) fn one(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let get: Get = asked.read()?;
    let (name, number) = with_version(&get.name);
    let version = store.version(asked.region, name, number)?;
    Ok(json!({"Parameter": document::parameter(asked.region, name, &version)}))
}

pub(super) fn several(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let names = asked.names()?;
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for text in &names {
        let (name, number) = with_version(text);
        match store.version(asked.region, name, number) {
            Ok(version) => found.push(document::parameter(asked.region, name, &version)),
            Err(_) => unknown.push(text.as_str()),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": unknown}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetByPath {
    path: String,
    #[serde(default)]
    recursive: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn by_path(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let get: GetByPath = asked.read()?;
    if !get.path.starts_with('/') {
        return Err(invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward \
             slash \"/\".",
        ));
    }
    let prefix = format!("{}/", get.path.trim_end_matches('/'));
    let below = store.below(asked.region, &prefix).into_iter();
    let here = below.filter(|(name, _)| get.recursive || !name[prefix.len()..].contains('/'));
    let parameters = here.map(|(name, version)| document::parameter(asked.region, &name, &version));
    page(
        "Parameters",
        parameters.collect(),
        get.max_results,
        BY_PATH,
        get.next_token.as_deref(),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetHistory {
    name: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn history(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let get: GetHistory = asked.read()?;
    let versions = store.history(asked.region, &get.name)?;
    let versions = versions.iter().map(|version| document::past(&get.name, version));
    page(
        "Parameters",
        versions.collect(),
        get.max_results,
        VERSIONS,
        get.next_token.as_deref(),
    )
}
