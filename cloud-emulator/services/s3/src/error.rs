//! Why something cannot be done in an S3, whatever it keeps its objects in.

use cloud_gateway::AwsError;

use crate::embedded::StoreError;

/// Why something cannot be done in an S3.
#[derive(Debug, thiserror::Error)]
pub enum S3Failure {
    /// The embedded store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another endpoint does, or does not answer.
    #[error(transparent)]
    Endpoint(#[from] AwsError),
    /// Another endpoint does not take an object of the inventory.
    #[error("{key}: {error}")]
    Past {
        /// The object's key.
        key: String,
        /// What it says.
        error: AwsError,
    },
}
