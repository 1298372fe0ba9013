//! `s3.verify_integrity`: the operator checks that every object reads and matches its checksum.

use serde::{Deserialize, Serialize};

/// Reads every current object and compares it with the checksum stored with it; damage fails the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3VerifyIntegrity {
    /// The label of the bucket.
    pub bucket: String,
}

impl S3VerifyIntegrity {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.verify_integrity";
}
