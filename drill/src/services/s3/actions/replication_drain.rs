//! `replication.drain`: waits until the region in use has what was written to the other one.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, Table};
use crate::services::s3::BUCKETS;

/// Waits until no copy from the other region to the one that a bucket is used in now is pending: what an operator
/// reads off S3's metric `OperationsPendingReplication` before a region is left for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationDrain {
    /// The label of the bucket.
    pub bucket: String,
}

impl ReplicationDrain {
    /// Its name in a scenario.
    pub const NAME: &'static str = "replication.drain";
}

impl Table for ReplicationDrain {
    const DOC: &'static str = "Waits until no copy to the region in use is pending.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Waits for what S3's metric OperationsPendingReplication shows: use it before a region \
            is left, so that nothing is lost. It changes nothing.",
        needs: &[("cloud.buckets", "a bucket with `replicate`")],
        example: r"
runbook:
  - {id: drain, do: replication.drain, bucket: programs, timeout: 1h}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        Some(ReplicationDrain { bucket: bucket? })
    }
}

impl ActionSpec for ReplicationDrain {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step
            .scenario()
            .bucket(&self.bucket)
            .is_some_and(|bucket| bucket.replicate.is_none())
        {
            let found = format!("bucket {}, which is not replicated", self.bucket);
            step.error("bucket", found, "a bucket with `replicate:`");
        }
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!(
            "Not everything that was written to {} is in the region in use.",
            self.bucket
        )
    }
}
