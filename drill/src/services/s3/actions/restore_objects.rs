//! `s3.restore_objects`: damaged objects are written anew from another store, by content.

use super::audit::AUDITS;
use super::places::{audited, check_damaged, check_location};
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, Record, Table};
use crate::scenario::{Scenario, Step};
use crate::services::s3::Location;

/// Copies the keys that an audit found from another store, comparing contents, not sizes and dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3RestoreObjects {
    /// The step whose audit lists the keys.
    pub damaged: String,
    /// The label of the bucket that is written, which is the one that was audited.
    pub bucket: String,
    /// Where the sound copies are.
    pub from: Location,
}

impl S3RestoreObjects {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.restore_objects";
}

impl Table for S3RestoreObjects {
    const DOC: &'static str = "Damaged objects are written anew from another store, compared by content.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "For each key that the audit found: reads the object at the source, compares it with \
            its stored checksum, and copies it if it is sound, whatever sizes and dates say.",
        needs: &[
            (
                "cloud.buckets",
                "another store of the bucket's objects, as its replica",
            ),
            ("runbook", "an earlier step that does `s3.audit`"),
        ],
        example: r"
runbook:
  - {id: assess, do: s3.audit, bucket: programs}
  - {id: restore, do: s3.restore_objects, damaged: assess, from: {bucket: programs, region: backup}}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let damaged = f.required(
            "damaged",
            "The earlier step whose s3.audit lists the keys.",
            Name::Of(AUDITS),
        );
        let from = f.required("from", "Where the sound copies are.", Record::new());
        Some(S3RestoreObjects {
            damaged: damaged?,
            bucket: String::new(),
            from: from?,
        })
    }
}

impl ActionSpec for S3RestoreObjects {
    fn fill(&mut self, scenario: &Scenario) {
        self.bucket = audited(scenario, &self.damaged);
        self.from.fill(scenario);
    }

    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        check_damaged(step, &self.damaged);
        check_location(step, "from", &self.from);
    }

    fn restores(&self) -> Option<&str> {
        Some(&self.bucket)
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Not everything in {} was restored.", self.bucket)
    }
}
