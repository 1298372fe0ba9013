//! `s3.put_versioning`: versioning is enabled or suspended.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Choice, Documentation, Fields, Name, Table};
use crate::services::s3::BUCKETS;

/// Sets a bucket's versioning. AWS refuses to suspend it under a replication configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Table for S3PutVersioning {
    const DOC: &'static str = "Sets a bucket's versioning.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Makes the call PutBucketVersioning. AWS refuses to suspend versioning of a bucket with \
            a replication configuration (InvalidBucketState), and so does the emulator. A step \
            that turns versioning off for good says `leaves_off: true`; otherwise the objective \
            `protection` fails.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
runbook:
  - {id: protect, do: s3.put_versioning, bucket: programs, status: Enabled}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let status = f.required("status", "What it becomes.", statuses());
        Some(S3PutVersioning {
            bucket: bucket?,
            status: status?,
        })
    }
}

impl ActionSpec for S3PutVersioning {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        let replicated = step
            .scenario()
            .bucket(&self.bucket)
            .is_some_and(|bucket| bucket.replicate.is_some());
        if self.status == VersioningStatus::Suspended && replicated {
            let text = format!(
                "bucket {} is replicated: AWS refuses to suspend its versioning",
                self.bucket
            );
            step.warn("status", text);
        }
    }

    fn refusal(&self, code: &str) -> Option<&'static str> {
        let suspends = code == "InvalidBucketState" && self.status == VersioningStatus::Suspended;
        suspends.then_some(
            "AWS does not let versioning be suspended while the bucket has a replication configuration.",
        )
    }

    fn not_achieved(&self, _: &Step) -> String {
        match self.status {
            VersioningStatus::Suspended => format!(
                "Versioning of {} stayed as it was, and with it every write and delete that this line was to stop \
                 or keep from making versions.",
                self.bucket
            ),
            VersioningStatus::Enabled => format!("Writes to {} keep no older versions.", self.bucket),
        }
    }
}

fn statuses() -> Choice<'static, VersioningStatus> {
    Choice::new([
        ("Enabled", VersioningStatus::Enabled),
        ("Suspended", VersioningStatus::Suspended),
    ])
}

/// AWS's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersioningStatus {
    /// Every write makes a version.
    Enabled,
    /// Writes replace the version named `null`.
    Suspended,
}
