//! `s3.restore_versions`: older versions in the bucket itself become current again.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Name, Names, Table};
use crate::scenario::fill::Elsewhere;
use crate::scenario::validate::StepCheck;

/// Removes the delete markers, and puts the last sound version back, of the keys that an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let damaged = f.required(
            "damaged",
            "The earlier step whose s3.audit lists the keys.",
            Name::Of(Names::Audit),
        );
        Some(S3RestoreVersions {
            damaged: damaged?,
            bucket: String::new(),
        })
    }
}

impl Act for S3RestoreVersions {
    fn fill(&mut self, elsewhere: &Elsewhere) {
        self.bucket = elsewhere.audited(&self.damaged);
    }

    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        step.damaged(&self.damaged);
        if step.bucket(&self.bucket).is_some_and(|bucket| !bucket.versioned) {
            step.warn(
                "damaged",
                format!("bucket {} keeps no versions to restore", self.bucket),
            );
        }
    }

    fn restores(&self) -> Option<&str> {
        Some(&self.bucket)
    }
}
