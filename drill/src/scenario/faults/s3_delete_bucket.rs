//! `s3.delete_bucket`: the whole bucket goes, with its versions and its configuration.

use serde::{Deserialize, Serialize};

/// A bucket is no longer there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3DeleteBucket {
    /// The label of the bucket.
    pub bucket: String,
}

impl S3DeleteBucket {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.delete_bucket";
}
