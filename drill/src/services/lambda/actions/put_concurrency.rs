//! `lambda.put_concurrency`: reserves execution environments for a function; 0 stops it.

use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::decode::{Documentation, Fields, Table, Whole};
use crate::scenario::{Scenario, Step};
use crate::services::lambda::function::{in_regions, which_function};

/// Reserves execution environments for a function; 0 stops it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaPutConcurrency {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it where the function is used then.
    pub region: Option<String>,
    /// How many; without it the reservation is taken away.
    pub reserved: Option<u32>,
}

impl LambdaPutConcurrency {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.put_concurrency";
}

impl Table for LambdaPutConcurrency {
    const DOC: &'static str = "Reserves execution environments for a function; 0 stops it.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Makes the call PutFunctionConcurrency, or DeleteFunctionConcurrency without \
            `reserved`. The declared concurrency must be back at the end, or the objective \
            `protection` fails.",
        needs: &[("cloud.functions", "the function")],
        example: r"
runbook:
  - {id: stop, do: lambda.put_concurrency, function: ingest, reserved: 0}
  - {id: resume, do: lambda.put_concurrency, function: ingest}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) =
            which_function(f, "The label of the region (default: where it is used then).");
        let reserved = f.optional(
            "reserved",
            "How many (default: the reservation is taken away).",
            Whole(0, 1000),
        );
        Some(LambdaPutConcurrency {
            function: function?,
            region,
            reserved: reserved.and_then(|reserved| u32::try_from(reserved).ok()),
        })
    }
}

impl ActionSpec for LambdaPutConcurrency {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(in_regions(scenario, &self.function, self.region.as_deref()).collect())
    }

    fn puts_right(&self) -> bool {
        true
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Function {} keeps the concurrency that it had.", self.function)
    }
}
