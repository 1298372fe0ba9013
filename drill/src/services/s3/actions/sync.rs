//! `s3.sync`: what `aws s3 sync` does, which compares sizes and dates and nothing else.

use super::places::check_location;
use crate::scenario::actions::{ActionSpec, Compared, Copies, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Record, Switch, Table};
use crate::scenario::{Scenario, Step};
use crate::services::s3::{self, Location};

/// Copies what is absent, of another size, or older at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Sync {
    /// Where objects come from.
    pub from: Location,
    /// Where they go.
    pub to: Location,
    /// As `--delete`: what the source does not have is deleted at the destination.
    pub delete: bool,
}

impl S3Sync {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.sync";
}

impl Table for S3Sync {
    const DOC: &'static str = "What `aws s3 sync` does, which compares sizes and dates only.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Copies an object if the destination does not have it, has another size of it, or has \
            an older one. Contents are never compared: corruption of the same size and date stays. \
            With `delete: true` it deletes what the source does not have, also writes that were \
            never replicated.",
        needs: &[("cloud.buckets", "two stores, as a bucket and its replica")],
        example: r"
runbook:
  - {id: restore, do: s3.sync, from: {bucket: programs, region: backup}, to: {bucket: programs}}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let from = f.required("from", "Where objects come from.", Record::new());
        let to = f.required("to", "Where they go.", Record::new());
        let delete = f.or(
            "delete",
            "Whether what the source lacks is deleted.",
            Switch,
            "false",
        );
        Some(S3Sync {
            from: from?,
            to: to?,
            delete,
        })
    }
}

impl ActionSpec for S3Sync {
    fn fill(&mut self, scenario: &Scenario) {
        self.from.fill(scenario);
        self.to.fill(scenario);
    }

    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        check_location(step, "from", &self.from);
        check_location(step, "to", &self.to);
        if self.from == self.to {
            step.error(
                "to",
                "the place that objects come from".to_owned(),
                "another bucket or region",
            );
        }
    }

    fn restores(&self) -> Option<&str> {
        Some(&self.to.bucket)
    }

    fn touches<'a>(&'a self, _: &'a Scenario) -> Touches<'a> {
        let (bucket, region) = (self.to.bucket.as_str(), self.to.region.as_str());
        Touches::Only(vec![s3::bucket(bucket, region)])
    }

    fn copies(&self) -> Option<Copies<'_>> {
        Some(Copies {
            from: self.from.as_store(),
            to: self.to.as_store(),
            deletes: self.delete,
            compares: Compared::SizesAndDates,
        })
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Not everything was copied to {}.", self.to.bucket)
    }
}
