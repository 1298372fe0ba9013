//! What a function is told by its environment, as Lambda sets it.

use super::end::FunctionEnd;
use crate::client::{Connections, KeyPair, RetryPolicy, S3};

/// Where a function is and what it may do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL of the region's gateway.
    pub endpoint: String,
    /// AWS's name of the region.
    pub region: String,
    /// What it signs with.
    pub keys: KeyPair,
}

impl Settings {
    /// From the variables that Lambda and the SDKs know.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn from_environment() -> Result<Settings, FunctionEnd> {
        Settings::read(&variable)
    }

    fn read(get: &impl Fn(&str) -> Option<String>) -> Result<Settings, FunctionEnd> {
        Ok(Settings {
            endpoint: needed(get, "AWS_ENDPOINT_URL")?,
            region: needed(get, "AWS_REGION")?,
            keys: KeyPair {
                access_key: needed(get, "AWS_ACCESS_KEY_ID")?,
                secret_key: needed(get, "AWS_SECRET_ACCESS_KEY")?,
            },
        })
    }

    /// A client for the region's S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let connections = Connections::new();
        S3::new(
            &connections,
            &self.endpoint,
            &self.region,
            &self.keys,
            RetryPolicy::STANDARD,
        )
        .client()
        .clone()
    }
}

/// A variable of the environment that the function cannot do without.
///
/// # Errors
/// It is missing.
pub(super) fn needed(get: &impl Fn(&str) -> Option<String>, name: &str) -> Result<String, FunctionEnd> {
    get(name).ok_or_else(|| FunctionEnd::MissingVariable(name.to_owned()))
}

/// A variable of the environment that is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let names = [
            "AWS_ENDPOINT_URL",
            "AWS_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ];
        assert!(Settings::read(&|name| Some(name.to_lowercase())).is_ok());
        for missing in names {
            let get = |name: &str| (name != missing).then(|| name.to_lowercase());
            assert_eq!(
                Settings::read(&get).unwrap_err().to_string(),
                format!("needs {missing} in its environment")
            );
        }
    }
}
