//! `s3.pause_replication`: silent replication failure; the configuration still says `Enabled`.

use super::at_home::at_home;
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Name, Table, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::services::s3::BUCKETS;

/// A bucket's writes no longer reach its replica. It dates no loss: it takes a protection away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3PauseReplication {
    /// The label of the bucket that is copied from.
    pub bucket: String,
}

impl S3PauseReplication {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.pause_replication";
}

impl Table for S3PauseReplication {
    const DOC: &'static str = "A bucket's writes no longer reach its replica.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Replication fails silently: its configuration still says `Enabled`, and no copies are \
            made. This breaks no service and dates no loss by itself; it takes the second copy \
            away from what is written afterwards. It lasts until `for` is over or a step puts the \
            replication again (`s3.put_replication`).",
        needs: &[("cloud.buckets", "a bucket with `replicate`")],
        example: r"
faults:
  - {at: 20m, do: s3.pause_replication, bucket: programs}
  - {at: 60m, do: s3.delete_objects, bucket: programs, fraction: 0.3, mode: purge}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required(
            "bucket",
            "The label of the bucket that is copied from.",
            Name::Of(BUCKETS),
        );
        f.ends_after = f.optional(
            "for",
            "After how long copying goes on by itself.",
            duration(INSTANT, LONGEST),
        );
        Some(S3PauseReplication { bucket: bucket? })
    }
}

impl FaultSpec for S3PauseReplication {
    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        at_home(scenario, &self.bucket, Effect::StopsReplication)
    }

    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        let bucket = fault.scenario().bucket(&self.bucket);
        if bucket.is_some_and(|bucket| bucket.replicate.is_none()) && fault.whole() {
            let label = &self.bucket;
            let text =
                format!("bucket {label} is not replicated: there is nothing to pause, and no proof of it");
            fault.warn("bucket", text);
        }
    }
}
