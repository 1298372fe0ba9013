//! What a function is told by its environment, as Lambda sets it.

use crate::client::{Connections, KeyPair, Patience, S3};

/// Where a function is and what it may do.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The URL of the region's gateway.
    pub(super) endpoint: String,
    /// AWS's name of the region.
    pub(super) region: String,
    /// What it signs with.
    pub(super) keys: KeyPair,
}

impl Settings {
    /// From the variables that Lambda and the SDKs know.
    ///
    /// # Errors
    /// In words, which variable is missing.
    pub(super) fn from_environment() -> Result<Settings, String> {
        Settings::read(&variable)
    }

    fn read(get: &impl Fn(&str) -> Option<String>) -> Result<Settings, String> {
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
    pub(super) fn s3(&self) -> aws_sdk_s3::Client {
        let connections = Connections::new();
        S3::new(
            &connections,
            &self.endpoint,
            &self.region,
            &self.keys,
            Patience::STANDARD,
        )
        .client()
        .clone()
    }
}

/// A variable of the environment that the function cannot do without.
///
/// # Errors
/// In words, that it is missing.
pub(super) fn needed(get: &impl Fn(&str) -> Option<String>, name: &str) -> Result<String, String> {
    get(name).ok_or_else(|| format!("needs {name} in its environment"))
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
                Settings::read(&get).unwrap_err(),
                format!("needs {missing} in its environment")
            );
        }
    }
}
