//! `GetFunction`, `GetFunctionConfiguration`, `ListFunctions`, `DeleteFunction`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::call::{ApiResult, Call, answer, nothing};
use super::document;
use crate::Lambda;
use crate::error::LambdaError;
use crate::function::{LATEST, Version};
use crate::function_names;
use crate::region::Region;

/// The version that a request names.
fn version(call: &Call) -> Result<(String, Arc<Version>, bool), LambdaError> {
    let reference = call.reference()?;
    let qualifier = reference.qualifier.as_deref();
    let found = call.region.with(&reference.name, |function| {
        function.resolve(qualifier, 1.0).cloned().ok_or_else(|| {
            let qualifier = qualifier.unwrap_or(LATEST);
            LambdaError::no_function(&function_names::qualified(
                &call.region.name,
                &reference.name,
                qualifier,
            ))
        })
    })?;
    let qualified = reference.qualifier.is_some();
    Ok((reference.name, found, qualified))
}

pub(super) fn get(lambda: &Lambda, call: &Call) -> ApiResult {
    let (name, version, qualified) = version(call)?;
    let location = lambda
        .code_urls
        .url(&call.region, &version.package)
        .map_err(|error| LambdaError::service(format!("cannot offer the code: {error}")))?;
    let (tags, reserved) = call
        .region
        .with(&name, |function| Ok((function.tags.clone(), function.reserved)))?;
    let mut document = json!({
        "Configuration": document::describe_version(&call.region.name, &name, &version, qualified, lambda.now()),
        "Code": { "RepositoryType": "S3", "Location": location },
    });
    if !tags.is_empty() {
        document["Tags"] = json!(tags);
    }
    if let Some(reserved) = reserved {
        document["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    answer(StatusCode::OK, &document)
}

pub(super) fn configuration(lambda: &Lambda, call: &Call) -> ApiResult {
    let (name, version, qualified) = version(call)?;
    answer(
        StatusCode::OK,
        &document::describe_version(&call.region.name, &name, &version, qualified, lambda.now()),
    )
}

pub(super) fn list(lambda: &Lambda, call: &Call) -> ApiResult {
    let all = match call.query.get("FunctionVersion").map(String::as_str) {
        None => false,
        Some("ALL") => true,
        Some(other) => {
            return Err(LambdaError::validation(format!(
                "FunctionVersion must be ALL, not {other}"
            )));
        }
    };
    let now = lambda.now();
    let mut found = Vec::new();
    for function in call.region.functions.lock().values() {
        let versions = function.all_versions().take(if all { usize::MAX } else { 1 });
        found.extend(
            versions.map(|version| document::listed(&call.region.name, &function.name, version, all, now)),
        );
    }
    let (page, next) = call.page(found)?;
    answer(StatusCode::OK, &json!({ "Functions": page, "NextMarker": next }))
}

pub(super) fn delete(lambda: &Lambda, call: &Call) -> ApiResult {
    let reference = call.reference()?;
    match reference.qualifier.as_deref() {
        None => remove(lambda, &call.region, &reference.name)?,
        Some(qualifier) => remove_version(lambda, &call.region, &reference.name, qualifier)?,
    }
    nothing()
}

/// Removes a function with everything that belongs to it.
pub(crate) fn remove(lambda: &Lambda, region: &Region, name: &str) -> Result<(), LambdaError> {
    let removed = region.functions.lock().remove(name);
    let function =
        removed.ok_or_else(|| LambdaError::no_function(&function_names::arn(&region.name, name)))?;
    for version in function.all_versions().chain(&function.before) {
        lambda.pool.retire(version);
    }
    Ok(())
}

fn remove_version(lambda: &Lambda, region: &Region, name: &str, number: &str) -> Result<(), LambdaError> {
    let removed = region.with(name, |function| {
        if number == LATEST {
            return Err(LambdaError::invalid(
                "$LATEST version cannot be deleted without deleting the function.",
            ));
        }
        let parsed = number.parse::<u64>();
        let parsed = parsed.map_err(|_| {
            LambdaError::invalid("Deletion of an alias is not supported here: DeleteAlias does it.")
        })?;
        let used = function
            .aliases
            .iter()
            .find(|(_, alias)| alias.version == number || alias.weights.contains_key(number));
        if let Some((alias, _)) = used {
            return Err(LambdaError::conflict(format!(
                "Version {number} of function {name} is referenced by alias {alias}"
            )));
        }
        Ok(function.versions.remove(&parsed))
    })?;
    let arn = function_names::qualified(&region.name, name, number);
    let version = removed.ok_or_else(|| LambdaError::no_function(&arn))?;
    lambda.pool.retire(&version);
    Ok(())
}
