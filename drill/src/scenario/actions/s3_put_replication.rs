//! `s3.put_replication`: the declared replication is switched on or off.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Choice, Fields, Name, Names, Table};
use crate::scenario::validate::StepCheck;

/// Puts the bucket's declared replication configuration with this status. `Enabled` also resumes a
/// replication that a fault or an outage has stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let status = f.required("status", "What it becomes.", statuses());
        Some(S3PutReplication {
            bucket: bucket?,
            status: status?,
        })
    }
}

impl Act for S3PutReplication {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step
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
}

fn statuses() -> Choice<'static, ReplicationStatus> {
    Choice::of([
        ("Enabled", ReplicationStatus::Enabled),
        ("Disabled", ReplicationStatus::Disabled),
    ])
}

/// AWS's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplicationStatus {
    /// Writes are copied.
    Enabled,
    /// They are not.
    Disabled,
}
