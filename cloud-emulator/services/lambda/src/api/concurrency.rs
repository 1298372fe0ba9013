//! Reserved concurrency: how many invocations of a function may run at once, at most and for certain.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::call::{ApiResult, Call, answer, nothing};
use crate::error::LambdaError;
use crate::function_names;
use crate::region::Region;

/// What reservations must leave to the other functions (AWS: 100).
const LEAST_UNRESERVED: u32 = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields {
    reserved_concurrent_executions: u32,
}

pub(super) fn put(call: &Call) -> ApiResult {
    let Fields {
        reserved_concurrent_executions: wanted,
    } = call.document()?;
    let name = call.function()?;
    let mut functions = call.region.functions.lock();
    let no_function = || LambdaError::no_function(&function_names::arn(&call.region.name, &name));
    let before = functions.get(name.as_str()).ok_or_else(no_function)?.reserved;
    let left = Region::unreserved(&functions) + before.unwrap_or(0);
    if left < wanted.saturating_add(LEAST_UNRESERVED) {
        return Err(LambdaError::invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution \
             below its minimum value of [{LEAST_UNRESERVED}]."
        )));
    }
    functions.get_mut(name.as_str()).ok_or_else(no_function)?.reserved = Some(wanted);
    drop(functions);
    answer(StatusCode::OK, &json!({ "ReservedConcurrentExecutions": wanted }))
}

pub(super) fn get(call: &Call) -> ApiResult {
    let reserved = call
        .region
        .with(&call.function()?, |function| Ok(function.reserved))?;
    let document = match reserved {
        Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
        None => json!({}),
    };
    answer(StatusCode::OK, &document)
}

pub(super) fn delete(call: &Call) -> ApiResult {
    call.region.with(&call.function()?, |function| {
        function.reserved = None;
        Ok(())
    })?;
    nothing()
}
