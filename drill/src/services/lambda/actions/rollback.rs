//! `lambda.rollback`: the live version is again the one before.

use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::decode::{Documentation, Fields, Table};
use crate::scenario::{Scenario, Step};
use crate::services::lambda::function::{in_regions, which_function};

/// The live version is again the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaRollback {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it where the function is used then.
    pub region: Option<String>,
}

impl LambdaRollback {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.rollback";
}

impl Table for LambdaRollback {
    const DOC: &'static str = "Makes the previous version of a function live again.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Points the alias `live` to the version before the one that is live. Fails if there is \
            none.",
        needs: &[("cloud.functions", "the function")],
        example: r"
runbook:
  - {id: rollback, do: lambda.rollback, function: ingest, takes: {p50: 1m, p95: 3m}}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) =
            which_function(f, "The label of the region (default: where it is used then).");
        Some(LambdaRollback {
            function: function?,
            region,
        })
    }
}

impl ActionSpec for LambdaRollback {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(in_regions(scenario, &self.function, self.region.as_deref()).collect())
    }

    fn puts_right(&self) -> bool {
        true
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Function {} still runs its newest version.", self.function)
    }
}
