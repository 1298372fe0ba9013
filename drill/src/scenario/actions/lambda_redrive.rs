//! `lambda.redrive`: what failed is taken from the on-failure destination and invoked again.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches, functions, which_function};
use crate::scenario::decode::{Fields, Table};
use crate::scenario::validate::StepCheck;

/// What failed is taken from the on-failure destination and invoked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    const DOC: &'static str = "What failed is taken from the on-failure destination and invoked again.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        Some(LambdaRedrive {
            function: function?,
            region,
        })
    }
}

impl Act for LambdaRedrive {
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
        Touches::Only(functions(scenario, &self.function, self.region.as_deref()))
    }
}
