//! What AWS allows in a function's configuration, and what is emulated of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::error::LambdaError;
use crate::exec::is_reserved;
use crate::function::Config;

/// The configuration's fields, as requests carry them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ConfigFields {
    pub(crate) runtime: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) timeout: Option<u32>,
    pub(crate) memory_size: Option<u32>,
    pub(crate) environment: Option<EnvironmentFields>,
    pub(crate) ephemeral_storage: Option<StorageFields>,
    pub(crate) tracing_config: Option<TracingFields>,
    pub(crate) architectures: Option<Vec<String>>,
    #[serde(flatten)]
    pub(crate) others: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct EnvironmentFields {
    pub(crate) variables: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StorageFields {
    pub(crate) size: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TracingFields {
    pub(crate) mode: String,
}

/// The runtimes that run here.
const PROVIDED: [&str; 2] = ["provided.al2023", "provided.al2"];

/// What would change how a function behaves, and is not emulated. What is empty or off is let through.
const NOT_EMULATED: [&str; 11] = [
    "VpcConfig",
    "DeadLetterConfig",
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "CodeSigningConfigArn",
    "KMSKeyArn",
    "CapacityProviderConfig",
    "DurableConfig",
    "TenancyConfig",
    "PublishTo",
];

/// All variables together (AWS: 4 KB).
const LARGEST_ENVIRONMENT: usize = 4096;

impl ConfigFields {
    /// These fields over `base`.
    ///
    /// # Errors
    /// A value that AWS refuses, or that is not emulated.
    pub(crate) fn over(self, base: Config) -> Result<Config, LambdaError> {
        refuse_others(&self.others)?;
        let one_of = |architectures: Vec<String>| match &architectures[..] {
            [one] if one == "x86_64" || one == "arm64" => Ok(one.clone()),
            _ => Err(LambdaError::validation(
                "Architectures must be one of x86_64 and arm64",
            )),
        };
        let config = Config {
            runtime: self.runtime.unwrap_or(base.runtime),
            role: self.role.unwrap_or(base.role),
            handler: self.handler.unwrap_or(base.handler),
            description: self.description.unwrap_or(base.description),
            timeout: self.timeout.unwrap_or(base.timeout),
            memory: self.memory_size.unwrap_or(base.memory),
            environment: self.environment.map_or(base.environment, |env| env.variables),
            ephemeral: self
                .ephemeral_storage
                .map_or(base.ephemeral, |storage| storage.size),
            tracing: self.tracing_config.map_or(base.tracing, |tracing| tracing.mode),
            architecture: self
                .architectures
                .map(one_of)
                .transpose()?
                .unwrap_or(base.architecture),
        };
        check(&config)?;
        Ok(config)
    }
}

/// What a function has unless told otherwise, as with AWS.
pub(crate) fn defaults() -> Config {
    Config {
        runtime: String::new(),
        role: String::new(),
        handler: String::new(),
        description: String::new(),
        timeout: 3,
        memory: 128,
        environment: BTreeMap::new(),
        ephemeral: 512,
        architecture: "x86_64".to_owned(),
        tracing: "PassThrough".to_owned(),
    }
}

fn refuse_others(others: &BTreeMap<String, Value>) -> Result<(), LambdaError> {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(|field| {
            field.is_null()
                || field.as_array().is_some_and(Vec::is_empty)
                || field.as_str() == Some("")
                || field == &Value::Bool(false)
        }),
        _ => false,
    };
    let found = NOT_EMULATED
        .iter()
        .find(|name| others.get(**name).is_some_and(|value| !empty(value)));
    if let Some(name) = found {
        return Err(LambdaError::invalid(format!("{name} is not emulated here")));
    }
    let text = |field: &str, inner: &str| others.get(field)?.get(inner)?.as_str().map(str::to_owned);
    if text("SnapStart", "ApplyOn").is_some_and(|on| on != "None") {
        return Err(LambdaError::invalid("SnapStart is not emulated here"));
    }
    if text("LoggingConfig", "LogFormat").is_some_and(|format| format != "Text") {
        return Err(LambdaError::invalid(
            "LogFormat other than Text is not emulated here",
        ));
    }
    if others.get("PackageType").is_some_and(|kind| kind != "Zip") {
        return Err(LambdaError::invalid(
            "PackageType other than Zip is not emulated here",
        ));
    }
    Ok(())
}

fn check(config: &Config) -> Result<(), LambdaError> {
    let within = |name: &str, value: u32, low: u32, high: u32| {
        if (low..=high).contains(&value) {
            Ok(())
        } else {
            Err(LambdaError::validation(format!(
                "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must have \
             value between {low} and {high}"
            )))
        }
    };
    within("timeout", config.timeout, 1, 900)?;
    within("memorySize", config.memory, 128, 10_240)?;
    within("ephemeralStorage.size", config.ephemeral, 512, 10_240)?;
    if config.description.len() > 256 {
        return Err(LambdaError::validation(
            "description must have at most 256 characters",
        ));
    }
    if !matches!(config.tracing.as_str(), "PassThrough" | "Active") {
        return Err(LambdaError::validation(
            "TracingConfig.Mode must be PassThrough or Active",
        ));
    }
    check_runtime(config)?;
    check_role(&config.role)?;
    check_environment(&config.environment)
}

fn check_runtime(config: &Config) -> Result<(), LambdaError> {
    let python = config.runtime.strip_prefix("python3.");
    let runs = PROVIDED.contains(&config.runtime.as_str())
        || python.is_some_and(|minor| minor.parse::<u8>().is_ok());
    if !runs {
        return Err(LambdaError::invalid(format!(
            "The runtime parameter of {} is not supported here; supported are {}, {} and python3.x.",
            config.runtime, PROVIDED[0], PROVIDED[1]
        )));
    }
    let handler = &config.handler;
    if handler.is_empty() || handler.len() > 128 || handler.contains(char::is_whitespace) {
        return Err(LambdaError::validation(format!(
            "1 validation error detected: Value '{handler}' at 'handler' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [^\\s]+"
        )));
    }
    Ok(())
}

fn check_role(role: &str) -> Result<(), LambdaError> {
    let account_and_name = role
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.split_once(":role/"));
    let valid = account_and_name.is_some_and(|(account, name)| {
        account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty()
    });
    if valid {
        Ok(())
    } else {
        Err(LambdaError::validation(format!(
            "1 validation error detected: Value '{role}' at 'role' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{{12}}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"
        )))
    }
}

fn check_environment(variables: &BTreeMap<String, String>) -> Result<(), LambdaError> {
    let size: usize = variables
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if size > LARGEST_ENVIRONMENT {
        return Err(LambdaError::invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided exceeded the {LARGEST_ENVIRONMENT} byte limit."
        )));
    }
    for (name, value) in variables {
        let mut bytes = name.bytes();
        let valid = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && name.len() >= 2
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_reserved(name) {
            return Err(LambdaError::invalid(format!(
                "Lambda was unable to configure your environment variables because the environment variables you \
                 have provided contains reserved keys that are currently not supported for modification. Reserved \
                 keys used in this request: {name}"
            )));
        }
        if !valid || value.contains('\0') {
            return Err(LambdaError::validation(format!(
                "1 validation error detected: Value '{name}' at 'environment.variables' failed to satisfy \
                 constraint: Map keys must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+"
            )));
        }
    }
    Ok(())
}
