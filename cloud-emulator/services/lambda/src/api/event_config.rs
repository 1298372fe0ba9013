//! How asynchronous events are treated: retries, age, destinations.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{ApiResult, Call, answer, nothing};
use crate::Lambda;
use crate::dates;
use crate::error::LambdaError;
use crate::function::{Destinations, EventConfig, Function, LATEST};
use crate::function_names;
use crate::queue;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Fields {
    maximum_retry_attempts: Option<u32>,
    maximum_event_age_in_seconds: Option<u32>,
    destination_config: Option<Destinations>,
}

/// Replaces the whole configuration.
pub(super) fn put(lambda: &Lambda, call: &Call) -> ApiResult {
    store(lambda, call, |_, fields| EventConfig {
        retries: fields.maximum_retry_attempts,
        age: fields.maximum_event_age_in_seconds,
        destinations: fields.destination_config.unwrap_or_default(),
        modified_us: 0,
    })
}

/// Changes what the request names; the rest stays.
pub(super) fn update(lambda: &Lambda, call: &Call) -> ApiResult {
    store(lambda, call, |before, fields| EventConfig {
        retries: fields
            .maximum_retry_attempts
            .or(before.and_then(|config| config.retries)),
        age: fields
            .maximum_event_age_in_seconds
            .or(before.and_then(|config| config.age)),
        destinations: merged(
            before.map(|config| config.destinations.clone()),
            fields.destination_config,
        ),
        modified_us: 0,
    })
}

fn merged(before: Option<Destinations>, given: Option<Destinations>) -> Destinations {
    let (before, given) = (before.unwrap_or_default(), given.unwrap_or_default());
    Destinations {
        on_success: given.on_success.or(before.on_success),
        on_failure: given.on_failure.or(before.on_failure),
    }
}

fn store(
    lambda: &Lambda,
    call: &Call,
    make: impl FnOnce(Option<&EventConfig>, Fields) -> EventConfig,
) -> ApiResult {
    let fields: Fields = call.document()?;
    if fields.maximum_retry_attempts.is_some_and(|retries| retries > 2) {
        return Err(LambdaError::validation(
            "MaximumRetryAttempts must be between 0 and 2",
        ));
    }
    let ages = 60..=21_600;
    if fields
        .maximum_event_age_in_seconds
        .is_some_and(|age| !ages.contains(&age))
    {
        return Err(LambdaError::validation(
            "MaximumEventAgeInSeconds must be between 60 and 21600",
        ));
    }
    if let Some(destinations) = &fields.destination_config {
        queue::check(&call.region.name, destinations)?;
    }
    let reference = call.reference()?;
    let qualifier = reference.qualifier.as_deref().unwrap_or(LATEST);
    let document = call.region.with(&reference.name, |function| {
        let arn = function_names::qualified(&call.region.name, &reference.name, qualifier);
        if function.resolve(Some(qualifier), 1.0).is_none() {
            return Err(LambdaError::no_function(&arn));
        }
        let mut config = make(function.event_configs.get(qualifier), fields);
        config.modified_us = lambda.now_us();
        let document = document(&arn, &config);
        function.event_configs.insert(qualifier.to_owned(), config);
        Ok(document)
    })?;
    answer(StatusCode::OK, &document)
}

pub(super) fn get(call: &Call) -> ApiResult {
    let document = one(call, |function, qualifier, arn| {
        Some(document(arn, function.event_configs.get(qualifier)?))
    })?;
    answer(StatusCode::OK, &document)
}

pub(super) fn delete(call: &Call) -> ApiResult {
    one(call, |function, qualifier, _| {
        function.event_configs.remove(qualifier)
    })?;
    nothing()
}

/// Does something with the configuration that a request names.
fn one<T>(call: &Call, work: impl FnOnce(&mut Function, &str, &str) -> Option<T>) -> Result<T, LambdaError> {
    let reference = call.reference()?;
    let qualifier = reference.qualifier.as_deref().unwrap_or(LATEST);
    let arn = function_names::qualified(&call.region.name, &reference.name, qualifier);
    call.region.with(&reference.name, |function| {
        work(function, qualifier, &arn).ok_or_else(|| {
            LambdaError::not_found(format!("The function {arn} doesn't have an EventInvokeConfig"))
        })
    })
}

pub(super) fn list(call: &Call) -> ApiResult {
    let name = call.function()?;
    let all = call.region.with(&name, |function| {
        let configs = function.event_configs.iter();
        Ok(configs
            .map(|(qualifier, config)| {
                document(
                    &function_names::qualified(&call.region.name, &name, qualifier),
                    config,
                )
            })
            .collect())
    })?;
    let (page, next) = call.page(all)?;
    answer(
        StatusCode::OK,
        &json!({ "FunctionEventInvokeConfigs": page, "NextMarker": next }),
    )
}

fn document(arn: &str, config: &EventConfig) -> Value {
    let mut document = json!({
        "LastModified": dates::seconds(config.modified_us),
        "FunctionArn": arn,
        "DestinationConfig": config.destinations,
    });
    if let Some(retries) = config.retries {
        document["MaximumRetryAttempts"] = json!(retries);
    }
    if let Some(age) = config.age {
        document["MaximumEventAgeInSeconds"] = json!(age);
    }
    document
}
