//! `s3.put_versioning`: versioning is enabled or suspended.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Choice, Fields, Name, Names, Table};
use crate::scenario::validate::StepCheck;

/// Sets a bucket's versioning. AWS refuses to suspend it under a replication configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let status = f.required("status", "What it becomes.", statuses());
        Some(S3PutVersioning {
            bucket: bucket?,
            status: status?,
        })
    }
}

impl Act for S3PutVersioning {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        let replicated = step
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
}

fn statuses() -> Choice<'static, VersioningStatus> {
    Choice::of([
        ("Enabled", VersioningStatus::Enabled),
        ("Suspended", VersioningStatus::Suspended),
    ])
}

/// AWS's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersioningStatus {
    /// Every write makes a version.
    Enabled,
    /// Writes replace the version named `null`.
    Suspended,
}
