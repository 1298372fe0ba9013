//! `replication.reverse`: writes are copied the other way from now on.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches, stores};
use crate::scenario::decode::{Fields, Name, Names, Switch, Table};
use crate::scenario::validate::StepCheck;

/// Puts a replication from the region that a bucket is used in now to the other one, with the declared lag,
/// and by default has what is already there copied, too (S3 Batch Replication), since replication itself
/// copies only what is written from now on. It ends when what was there is copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationReverse {
    /// The label of the bucket.
    pub bucket: String,
    /// Whether what is already there is copied, too.
    pub existing: bool,
}

impl ReplicationReverse {
    /// Its name in a scenario.
    pub const NAME: &'static str = "replication.reverse";
}

impl Table for ReplicationReverse {
    const DOC: &'static str = "Writes are copied from the region in use to the other one.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let existing = f.or(
            "existing",
            "Whether what is already there is copied, too.",
            Switch,
            "true",
        );
        Some(ReplicationReverse {
            bucket: bucket?,
            existing,
        })
    }
}

impl Act for ReplicationReverse {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step
            .bucket(&self.bucket)
            .is_some_and(|bucket| bucket.replicate.is_none())
        {
            let found = format!("bucket {}, which is not replicated", self.bucket);
            step.error("bucket", found, "a bucket with `replicate:`");
        }
    }

    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(stores(scenario, &self.bucket))
    }
}
