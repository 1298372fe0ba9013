//! `s3.verify_integrity`: the operator checks that every object reads and matches its checksum.

use crate::scenario::Step;
use crate::scenario::actions::{ActionSpec, Search};
use crate::scenario::decode::{Documentation, Fields, Name, Table};
use crate::services::s3::BUCKETS;

/// Reads every current object and compares it with the checksum stored with it; damage fails the step.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOCUMENTATION: Documentation = Documentation {
        details: "Fails if an object cannot be read or does not match. It only reads, so it is never \
            credited with a recovery.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
runbook:
  - {id: verify, do: s3.verify_integrity, bucket: programs}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        Some(S3VerifyIntegrity { bucket: bucket? })
    }
}

impl ActionSpec for S3VerifyIntegrity {
    fn only_reads(&self) -> bool {
        true
    }

    fn goes_through(&self) -> Option<&str> {
        Some(&self.bucket)
    }

    fn searches(&self) -> Option<Search<'_>> {
        Some(Search {
            store: &self.bucket,
            reads_values: true,
        })
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("{} is not as sound as the plan takes it to be.", self.bucket)
    }
}
