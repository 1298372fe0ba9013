//! A request of Parameter Store.

use bytes::Bytes;
use cloud_gateway::AwsError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{invalid, refused};

/// A request.
pub(crate) struct ParameterRequest<'a> {
    /// AWS's name of the region.
    pub(crate) region: &'a str,
    pub(crate) body: &'a Bytes,
    /// By the drill's calendar, in Unix microseconds.
    pub(crate) now_us: i64,
    /// The ARN of the user.
    pub(crate) user: &'a str,
}

/// The most names in one request.
const NAMES: usize = 10;

/// The names of `GetParameters` and `DeleteParameters`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamedParameters {
    names: Vec<String>,
}

impl ParameterRequest<'_> {
    /// The names that it is about.
    ///
    /// # Errors
    /// AWS's, for none and for too many.
    pub(super) fn names(&self) -> Result<Vec<String>, AwsError> {
        let NamedParameters { names } = self.read()?;
        if (1..=NAMES).contains(&names.len()) {
            Ok(names)
        } else {
            Err(invalid(format!(
                "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between \
                 1 and {NAMES}"
            )))
        }
    }

    /// Its members.
    ///
    /// # Errors
    /// AWS's, for a document that is none, or lacks one that must be there.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        serde_json::from_slice(self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => invalid(error.to_string()),
            _ => refused("SerializationException", "The request is no JSON document."),
        })
    }
}
