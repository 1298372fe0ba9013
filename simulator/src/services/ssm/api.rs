//! The calls of Parameter Store, as clients make them.

use cloud_emulator::client::rest::{Call, Rest};
use drill::journal::StepError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// The type of a parameter that is no list and no secret.
pub(super) const STRING: &str = "String";

/// A parameter with its value.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) r#type: String,
    /// In seconds since 1970.
    pub(super) last_modified_date: f64,
}

/// The value of a parameter.
pub(super) async fn get(rest: &Rest, name: &str) -> Result<Parameter, StepError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        parameter: Parameter,
    }
    let asked = json!({"Name": name, "WithDecryption": true});
    let output: Output = call(rest, "GetParameter", &asked).await?;
    Ok(output.parameter)
}

/// Every parameter below a path, in order of their names.
pub(super) async fn below(rest: &Rest, path: &str) -> Result<Vec<Parameter>, StepError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        parameters: Vec<Parameter>,
        next_token: Option<String>,
    }
    let mut all = Vec::new();
    let mut asked = json!({"Path": path, "Recursive": true, "WithDecryption": true});
    loop {
        let output: Output = call(rest, "GetParametersByPath", &asked).await?;
        all.extend(output.parameters);
        match output.next_token {
            Some(token) => asked["NextToken"] = token.into(),
            None => break,
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// Sets a parameter of type `kind`; the number of its version.
pub(super) async fn put(rest: &Rest, name: &str, value: &str, kind: &str) -> Result<u64, StepError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        version: u64,
    }
    let asked = json!({"Name": name, "Value": value, "Type": kind, "Overwrite": true});
    let output: Output = call(rest, "PutParameter", &asked).await?;
    Ok(output.version)
}

/// Deletes a parameter with its history.
pub(super) async fn delete(rest: &Rest, name: &str) -> Result<(), StepError> {
    let _: Json = call(rest, "DeleteParameter", &json!({"Name": name})).await?;
    Ok(())
}

/// Whether an error says that there is no such parameter.
pub(super) fn is_missing(error: &StepError) -> bool {
    error.code == "ParameterNotFound"
}

async fn call<T: DeserializeOwned>(
    rest: &Rest,
    operation: &'static str,
    body: &Json,
) -> Result<T, StepError> {
    let called = rest.call(Call::json11("ssm", "AmazonSSM", operation, body));
    let answer = called.await?;
    serde_json::from_slice(&answer.body).map_err(|error| StepError {
        operation: operation.to_owned(),
        code: "UnreadableAnswer".to_owned(),
        message: error.to_string(),
    })
}
