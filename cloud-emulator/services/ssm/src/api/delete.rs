//! `DeleteParameter`, `DeleteParameters`.

use cloud_gateway::AwsError;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::request::ParameterRequest;
use crate::error::not_found;
use crate::store::ParameterStore;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    name: String,
}

pub(super) fn one(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let delete: Delete = asked.read()?;
    if store.delete(asked.region, &delete.name) {
        Ok(json!({}))
    } else {
        Err(not_found())
    }
}

pub(super) fn several(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let names = asked.names()?.into_iter();
    let (deleted, unknown): (Vec<String>, Vec<String>) =
        names.partition(|name| store.delete(asked.region, name));
    Ok(json!({"DeletedParameters": deleted, "InvalidParameters": unknown}))
}
