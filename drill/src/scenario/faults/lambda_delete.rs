//! `lambda.delete`: somebody deletes a function with its versions.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table};
use crate::scenario::faults::{Effect, Hurt, Strike, on_function, which_function};
use crate::scenario::validate::FaultCheck;

/// A function is no longer there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        Some(LambdaDelete {
            function: function?,
            region,
        })
    }
}

impl Strike for LambdaDelete {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        fault.function(&self.function, self.region.as_deref());
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Silences)
    }

    fn occupies(&self, scenario: &Scenario) -> Vec<String> {
        let regions = scenario.cloud.regions.iter().map(|region| region.label.as_str());
        let gone = regions.filter(|label| self.region.as_deref().is_none_or(|region| region == *label));
        gone.map(|label| format!("function {} of region {label}", self.function))
            .collect()
    }
}
