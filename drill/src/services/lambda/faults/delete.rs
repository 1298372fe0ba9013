//! `lambda.delete`: deletes a function with its versions.

use super::on_function::{REGION, check_function, on_function};
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::services::lambda::function::which_function;

/// A function is no longer there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaDelete {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it every region that has the function.
    pub region: Option<String>,
}

impl LambdaDelete {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.delete";
}

impl Table for LambdaDelete {
    const DOC: &'static str = "A function is deleted, with its versions and aliases.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Invocations get `ResourceNotFoundException`. The function stays deleted until a step \
            makes it again (`lambda.deploy`, or `stack.deploy` in another region).",
        needs: &[("cloud.functions", "the function")],
        example: r"
faults:
  - {at: 35m, do: lambda.delete, function: ingest, region: primary}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f, REGION);
        Some(LambdaDelete {
            function: function?,
            region,
        })
    }
}

impl FaultSpec for LambdaDelete {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        check_function(fault, &self.function, self.region.as_deref());
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        on_function(
            scenario,
            &self.function,
            self.region.as_deref(),
            Effect::MakesUnreachable,
        )
    }

    /// It is so until a deployment puts another version there, and no longer a matter of the fault.
    fn is_done_at_once(&self, _: &Scenario) -> bool {
        true
    }

    fn exclusive_resources(&self, scenario: &Scenario) -> Vec<String> {
        let regions = scenario.cloud.regions.iter().map(|region| region.label.as_str());
        let gone = regions.filter(|label| self.region.as_deref().is_none_or(|region| region == *label));
        gone.map(|label| format!("function {} of region {label}", self.function))
            .collect()
    }
}
