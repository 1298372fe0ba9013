//! `s3.delete_bucket`: the whole bucket goes, with its versions and its configuration.

use super::at_home::{PURGED, at_home};
use crate::scenario::Scenario;
use crate::scenario::decode::{Documentation, Fields, Name, Table};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::services::s3::BUCKETS;

/// A bucket is no longer there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3DeleteBucket {
    /// The label of the bucket.
    pub bucket: String,
}

impl S3DeleteBucket {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.delete_bucket";
}

impl Table for S3DeleteBucket {
    const DOC: &'static str = "A bucket is deleted with all its versions and its configuration.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "All objects, versions, the replication configuration and the versioning state are lost \
            in the bucket's home region; the replica stays. A step `s3.create_bucket` makes the \
            bucket again, and further steps fill it.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
faults:
  - {at: 35m, do: s3.delete_bucket, bucket: programs}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        Some(S3DeleteBucket { bucket: bucket? })
    }
}

impl FaultSpec for S3DeleteBucket {
    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        at_home(scenario, &self.bucket, Effect::DeletesBucket)
    }

    fn unseen_because(&self, _: bool) -> Option<&'static str> {
        Some(PURGED)
    }
}
