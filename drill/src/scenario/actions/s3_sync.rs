//! `s3.sync`: what `aws s3 sync` does, which compares sizes and dates and nothing else.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::{Act, Touches};
use crate::scenario::decode::{Fields, Record, Switch, Table};
use crate::scenario::faults::Resource;
use crate::scenario::fill::Elsewhere;
use crate::scenario::validate::StepCheck;
use crate::scenario::{Location, Scenario};

/// Copies what is absent, of another size, or older at the destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Act for S3Sync {
    fn fill(&mut self, elsewhere: &Elsewhere) {
        elsewhere.at_home(&mut self.from);
        elsewhere.at_home(&mut self.to);
    }

    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        step.location("from", &self.from);
        step.location("to", &self.to);
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
        Touches::Only(vec![Resource::Store { bucket, region }])
    }
}
