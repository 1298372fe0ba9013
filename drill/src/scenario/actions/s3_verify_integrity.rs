//! `s3.verify_integrity`: the operator checks that every object reads and matches its checksum.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Name, Names, Table};

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

impl Table for S3VerifyIntegrity {
    const DOC: &'static str = "Reads every object and compares it with its stored checksum.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        Some(S3VerifyIntegrity { bucket: bucket? })
    }
}

impl Act for S3VerifyIntegrity {}
