//! `s3.restore_objects`: damaged objects are written anew from another store, by content.

use serde::{Deserialize, Serialize};

use crate::scenario::Location;
use crate::scenario::actions::Act;
use crate::scenario::decode::{Fields, Name, Names, Record, Table};
use crate::scenario::fill::Elsewhere;
use crate::scenario::validate::StepCheck;

/// Copies the keys that an audit found from another store, comparing contents, not sizes and dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    const DOC: &'static str = "Damaged objects are written anew from another store, by content.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let damaged = f.required(
            "damaged",
            "The earlier step whose s3.audit lists the keys.",
            Name::Of(Names::Audit),
        );
        let from = f.required("from", "Where the sound copies are.", Record::new());
        Some(S3RestoreObjects {
            damaged: damaged?,
            bucket: String::new(),
            from: from?,
        })
    }
}

impl Act for S3RestoreObjects {
    fn fill(&mut self, elsewhere: &Elsewhere) {
        self.bucket = elsewhere.audited(&self.damaged);
        elsewhere.at_home(&mut self.from);
    }

    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        step.damaged(&self.damaged);
        step.location("from", &self.from);
    }

    fn restores(&self) -> Option<&str> {
        Some(&self.bucket)
    }
}
