//! `s3.restore_versions`: older versions in the bucket itself become current again.

use super::audit::AUDITS;
use super::places::{audited, check_damaged};
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, Table};
use crate::scenario::{Scenario, Step};

/// Removes the delete markers, and puts the last sound version back, of the keys that an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3RestoreVersions {
    /// The step whose audit lists the keys.
    pub damaged: String,
    /// The label of the bucket, which is the one that was audited.
    pub bucket: String,
}

impl S3RestoreVersions {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.restore_versions";
}

impl Table for S3RestoreVersions {
    const DOC: &'static str = "The last sound versions in the bucket itself become current again.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "For each key that the audit found: removes the delete marker, or puts the newest older \
            version back whose body matches its stored checksum. It cannot bring purged objects \
            back.",
        needs: &[
            ("cloud.buckets", "a bucket with `versioned: true`"),
            ("runbook", "an earlier step that does `s3.audit`"),
        ],
        example: r"
runbook:
  - {id: assess, do: s3.audit, bucket: programs}
  - {id: restore, do: s3.restore_versions, damaged: assess}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let damaged = f.required(
            "damaged",
            "The earlier step whose s3.audit lists the keys.",
            Name::Of(AUDITS),
        );
        Some(S3RestoreVersions {
            damaged: damaged?,
            bucket: String::new(),
        })
    }
}

impl ActionSpec for S3RestoreVersions {
    fn fill(&mut self, scenario: &Scenario) {
        self.bucket = audited(scenario, &self.damaged);
    }

    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        check_damaged(step, &self.damaged);
        if step
            .scenario()
            .bucket(&self.bucket)
            .is_some_and(|bucket| !bucket.versioned)
        {
            step.warn(
                "damaged",
                format!("bucket {} keeps no versions to restore", self.bucket),
            );
        }
    }

    fn restores(&self) -> Option<&str> {
        Some(&self.bucket)
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Not everything in {} was undeleted.", self.bucket)
    }
}
