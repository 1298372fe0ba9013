//! `lambda.deploy`: a function is made, or made anew, from its declared code.

use crate::resource::ResourceId;
use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::decode::{Documentation, Fields, Table};
use crate::scenario::{Scenario, Step};
use crate::services::lambda::function::{function, in_regions, which_function};

/// A function is made, or made anew, from its declared code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaDeploy {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it where the function is used then.
    pub region: Option<String>,
}

impl LambdaDeploy {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.deploy";
}

impl Table for LambdaDeploy {
    const DOC: &'static str = "Creates a function, or publishes its declared code again.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Makes the function if it is not there; otherwise publishes its declared code as a new \
            version, which becomes live.",
        needs: &[("cloud.functions", "the function")],
        example: r"
runbook:
  - {id: redeploy, do: lambda.deploy, function: ingest}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) =
            which_function(f, "The label of the region (default: where it is used then).");
        Some(LambdaDeploy {
            function: function?,
            region,
        })
    }
}

impl ActionSpec for LambdaDeploy {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(in_regions(scenario, &self.function, self.region.as_deref()).collect())
    }

    fn deploys(&self, resource: ResourceId<'_>) -> bool {
        let there = self
            .region
            .as_deref()
            .is_none_or(|region| region == resource.region);
        there && resource == function(&self.function, resource.region)
    }

    fn puts_right(&self) -> bool {
        true
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("Function {} was not deployed.", self.function)
    }
}
