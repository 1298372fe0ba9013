//! `s3.put_replication`: the declared replication is switched on or off.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Choice, Documentation, Fields, Name, Table};
use crate::services::s3::BUCKETS;

/// Puts the bucket's declared replication configuration with this status. `Enabled` also resumes a
/// replication that a fault or an outage has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3PutReplication {
    /// The label of the bucket that is copied from.
    pub bucket: String,
    /// What its rule becomes.
    pub status: ReplicationStatus,
}

impl S3PutReplication {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.put_replication";
}

impl Table for S3PutReplication {
    const DOC: &'static str = "Puts the bucket's declared replication with this status.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Makes the call PutBucketReplication with the bucket's declared replication. `Enabled` \
            also resumes a replication that a fault or an outage has stopped. Only what is written \
            afterwards is copied; `s3.sync` copies what was written in between.",
        needs: &[("cloud.buckets", "a bucket with `replicate`")],
        example: r"
runbook:
  - {id: contain, do: s3.put_replication, bucket: programs, status: Disabled}
  - {id: protect, do: s3.put_replication, bucket: programs, status: Enabled}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let status = f.required("status", "What it becomes.", statuses());
        Some(S3PutReplication {
            bucket: bucket?,
            status: status?,
        })
    }
}

impl ActionSpec for S3PutReplication {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step
            .scenario()
            .bucket(&self.bucket)
            .is_some_and(|bucket| bucket.replicate.is_none())
        {
            let text = format!(
                "bucket {} declares no replication, so that the step will fail",
                self.bucket
            );
            step.warn("bucket", text);
        }
    }

    fn refusal(&self, code: &str) -> Option<&'static str> {
        (code == "InvalidRequest").then_some("Replication needs versioning to be enabled on both buckets.")
    }

    fn not_achieved(&self, _: &Step) -> String {
        match self.status {
            ReplicationStatus::Enabled => format!(
                "Writes to {} are not copied: it has no replica to fall back on.",
                self.bucket
            ),
            ReplicationStatus::Disabled => {
                format!("Damage in {} could still be copied to its replica.", self.bucket)
            }
        }
    }
}

fn statuses() -> Choice<'static, ReplicationStatus> {
    Choice::new([
        ("Enabled", ReplicationStatus::Enabled),
        ("Disabled", ReplicationStatus::Disabled),
    ])
}

/// AWS's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationStatus {
    /// Writes are copied.
    Enabled,
    /// They are not.
    Disabled,
}
