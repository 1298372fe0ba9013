//! `lambda.redrive`: what failed is taken from the on-failure destination and invoked again.

use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Table};
use crate::scenario::{Scenario, Step};
use crate::services::lambda::function::{in_regions, which_function};

/// What failed is taken from the on-failure destination and invoked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaRedrive {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it where the function is used then.
    pub region: Option<String>,
}

impl LambdaRedrive {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.redrive";
}

impl Table for LambdaRedrive {
    const DOC: &'static str = "Invokes a function again with the events in its on-failure destination.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Reads each document in the function's `on_failure` bucket, invokes the function with \
            the event in it, and removes the document once Lambda has accepted the event.",
        needs: &[("cloud.functions", "a function with `on_failure`")],
        example: r"
runbook:
  - {id: replay, do: lambda.redrive, function: ingest}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) =
            which_function(f, "The label of the region (default: where it is used then).");
        Some(LambdaRedrive {
            function: function?,
            region,
        })
    }
}

impl ActionSpec for LambdaRedrive {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        let function = step.scenario().cloud.function(&self.function);
        if function.is_some_and(|function| function.on_failure.is_none()) {
            let found = format!(
                "function {}, which declares no destination for what failed",
                self.function
            );
            step.error("function", found, "a function with `on_failure:`");
        }
    }

    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(in_regions(scenario, &self.function, self.region.as_deref()).collect())
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("What failed in function {} was not invoked again.", self.function)
    }
}
