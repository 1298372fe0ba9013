//! Aliases: names for versions, which a deployment moves and a rollback moves back.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{ApiResult, Call, answer, expect_revision, nothing};
use crate::Lambda;
use crate::error::LambdaError;
use crate::function::{Alias, Function, LATEST};
use crate::function_names;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Fields {
    name: Option<String>,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<Routing>,
    revision_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Routing {
    additional_version_weights: Option<BTreeMap<String, f64>>,
}

pub(super) fn create(lambda: &Lambda, call: &Call) -> ApiResult {
    let fields: Fields = call.document()?;
    let function = call.function()?;
    let name = fields.name.unwrap_or_default();
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    if !function_names::is_name(&name) || name.len() > 128 || digits {
        return Err(LambdaError::validation(format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
        )));
    }
    let alias = Alias {
        version: fields.function_version.unwrap_or_default(),
        description: fields.description.unwrap_or_default(),
        weights: weights(fields.routing_config).unwrap_or_default(),
        revision: lambda.revisions.next_id(),
    };
    call.region.with(&function, |found| {
        check(&call.region.name, found, &alias)?;
        if found.aliases.contains_key(&name) {
            return Err(LambdaError::conflict(format!(
                "Alias already exists: {}",
                function_names::qualified(&call.region.name, &function, &name)
            )));
        }
        found.aliases.insert(name.clone(), alias.clone());
        Ok(())
    })?;
    answer(StatusCode::CREATED, &document(call, &function, &name, &alias))
}

pub(super) fn update(lambda: &Lambda, call: &Call) -> ApiResult {
    let fields: Fields = call.document()?;
    let (function, name) = (call.function()?, call.second());
    let alias = call.region.with(&function, |found| {
        let mut alias = existing(call, found, name)?.clone();
        expect_revision(fields.revision_id.as_deref(), &alias.revision)?;
        alias.version = fields.function_version.unwrap_or(alias.version);
        alias.description = fields.description.unwrap_or(alias.description);
        alias.weights = weights(fields.routing_config).unwrap_or(alias.weights);
        alias.revision = lambda.revisions.next_id();
        check(&call.region.name, found, &alias)?;
        found.aliases.insert(name.to_owned(), alias.clone());
        Ok(alias)
    })?;
    answer(StatusCode::OK, &document(call, &function, name, &alias))
}

pub(super) fn get(call: &Call) -> ApiResult {
    let (function, name) = (call.function()?, call.second());
    let alias = call
        .region
        .with(&function, |found| existing(call, found, name).cloned())?;
    answer(StatusCode::OK, &document(call, &function, name, &alias))
}

pub(super) fn list(call: &Call) -> ApiResult {
    let function = call.function()?;
    let version = call.query.get("FunctionVersion");
    let all = call.region.with(&function, |found| {
        let wanted = found
            .aliases
            .iter()
            .filter(|(_, alias)| version.is_none_or(|version| alias.version == *version));
        Ok(wanted
            .map(|(name, alias)| document(call, &function, name, alias))
            .collect())
    })?;
    let (page, next) = call.page(all)?;
    answer(StatusCode::OK, &json!({ "Aliases": page, "NextMarker": next }))
}

pub(super) fn delete(call: &Call) -> ApiResult {
    let (function, name) = (call.function()?, call.second());
    call.region.with(&function, |found| {
        // As with AWS, one that is not there is no error.
        found.aliases.remove(name);
        found.event_configs.remove(name);
        Ok(())
    })?;
    nothing()
}

fn existing<'a>(call: &Call, function: &'a Function, name: &str) -> Result<&'a Alias, LambdaError> {
    function.aliases.get(name).ok_or_else(|| {
        let arn = function_names::qualified(&call.region.name, &function.name, name);
        LambdaError::not_found(format!("Cannot find alias arn: {arn}"))
    })
}

fn weights(routing: Option<Routing>) -> Option<BTreeMap<String, f64>> {
    routing.map(|routing| routing.additional_version_weights.unwrap_or_default())
}

/// The versions must be there, and weights must be shares.
fn check(region: &str, function: &Function, alias: &Alias) -> Result<(), LambdaError> {
    for number in std::iter::once(&alias.version).chain(alias.weights.keys()) {
        if function.version(number).is_none() {
            return Err(LambdaError::no_function(&function_names::qualified(
                region,
                &function.name,
                number,
            )));
        }
    }
    if alias.weights.len() > 1 {
        return Err(LambdaError::invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    if alias.weights.values().any(|weight| !(0.0..=1.0).contains(weight)) {
        return Err(LambdaError::validation("Weights must be between 0.0 and 1.0"));
    }
    if !alias.weights.is_empty() && (alias.version == LATEST || alias.weights.contains_key(LATEST)) {
        return Err(LambdaError::invalid(
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ));
    }
    if alias.weights.contains_key(&alias.version) {
        return Err(LambdaError::invalid(
            "Invalid function version. Function version in AdditionalVersionWeights should be different from the \
             version of the alias.",
        ));
    }
    Ok(())
}

fn document(call: &Call, function: &str, name: &str, alias: &Alias) -> Value {
    let mut document = json!({
        "AliasArn": function_names::qualified(&call.region.name, function, name),
        "Name": name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    });
    if !alias.weights.is_empty() {
        document["RoutingConfig"] = json!({ "AdditionalVersionWeights": alias.weights });
    }
    document
}
