//! `replication.reverse`: writes are copied the other way from now on.

use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, Switch, Table};
use crate::scenario::{Scenario, Step};
use crate::services::s3::BUCKETS;

/// Puts a replication from the region that a bucket is used in now to the other one, with the declared lag,
/// and by default has what is already there copied, too (S3 Batch Replication), since replication itself
/// copies only what is written from now on. It ends when what was there is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOC: &'static str = "Replicates a bucket from the region in use to the other one.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Puts a replication from the region that the bucket is used in to the other one, with \
            the declared lag. With `existing: true` it also copies what is already there (S3 Batch \
            Replication), and ends when that is done. Use it after a failover, before the \
            failback.",
        needs: &[("cloud.buckets", "a bucket with `replicate`")],
        example: r"
runbook:
  - {id: failover, do: dns.failover, to: backup}
  - {id: reverse, do: replication.reverse, bucket: programs}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
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

impl ActionSpec for ReplicationReverse {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step
            .scenario()
            .bucket(&self.bucket)
            .is_some_and(|bucket| bucket.replicate.is_none())
        {
            let found = format!("bucket {}, which is not replicated", self.bucket);
            step.error("bucket", found, "a bucket with `replicate:`");
        }
    }

    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(scenario.cloud.store_in_all_regions(&self.bucket))
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("What is written to {} now reaches no second region.", self.bucket)
    }
}
