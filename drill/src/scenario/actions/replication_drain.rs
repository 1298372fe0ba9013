//! `replication.drain`: waits until the region in use has what was written to the other one.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches};
use crate::scenario::decode::{Fields, Name, Names, Table};
use crate::scenario::validate::StepCheck;

/// Waits until no copy from the other region to the one that a bucket is used in now is pending: what an operator
/// reads off S3's metric `OperationsPendingReplication` before a region is left for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        Some(ReplicationDrain { bucket: bucket? })
    }
}

impl Act for ReplicationDrain {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step
            .bucket(&self.bucket)
            .is_some_and(|bucket| bucket.replicate.is_none())
        {
            let found = format!("bucket {}, which is not replicated", self.bucket);
            step.error("bucket", found, "a bucket with `replicate:`");
        }
    }

    fn touches<'a>(&'a self, _: &'a Scenario) -> Touches<'a> {
        Touches::Only(Vec::new())
    }
}
