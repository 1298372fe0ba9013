//! `PutParameter`.

use cloud_gateway::AwsError;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::request::ParameterRequest;
use crate::error::{invalid, refused};
use crate::parameter_name;
use crate::store::{NewVersion, ParameterStore};

/// The most characters of a standard parameter's value.
const VALUE: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    name: String,
    value: String,
    r#type: Option<String>,
    description: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

pub(super) fn put(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let put: Put = asked.read()?;
    parameter_name::check(&put.name)?;
    if put.value.is_empty() {
        return Err(invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length \
             greater than or equal to 1.",
        ));
    }
    if put.value.chars().count() > VALUE {
        return Err(invalid(format!(
            "Standard tier parameters support a maximum parameter value of {VALUE} characters. To create a larger \
             parameter value, upgrade the parameter to use the advanced-parameter tier."
        )));
    }
    let known = ["String", "StringList", "SecureString"];
    if put
        .r#type
        .as_ref()
        .is_some_and(|kind| !known.contains(&kind.as_str()))
    {
        return Err(refused(
            "UnsupportedParameterType",
            "The parameter type is not supported.",
        ));
    }
    let version = NewVersion {
        value: put.value,
        kind: put.r#type,
        description: put.description,
        modified_us: asked.now_us,
        by: asked.user.to_owned(),
    };
    let number = store.put(asked.region, &put.name, version, put.overwrite)?;
    Ok(json!({"Version": number, "Tier": "Standard"}))
}
