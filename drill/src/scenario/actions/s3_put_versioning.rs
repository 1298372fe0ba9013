//! `s3.put_versioning`: versioning is enabled or suspended.

use serde::{Deserialize, Serialize};

/// Sets a bucket's versioning. AWS refuses to suspend it under a replication configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3PutVersioning {
    /// The label of the bucket.
    pub bucket: String,
    /// What it becomes.
    pub status: VersioningStatus,
}

impl S3PutVersioning {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.put_versioning";
}

/// AWS's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersioningStatus {
    /// Every write makes a version.
    Enabled,
    /// Writes replace the version named `null`.
    Suspended,
}
