//! `lambda.deploy`: a function is made, or made anew, from its declared code.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches, functions, which_function};
use crate::scenario::decode::{Fields, Table};

/// A function is made, or made anew, from its declared code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    const DOC: &'static str = "A function is made, or made anew, from its declared code.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        Some(LambdaDeploy {
            function: function?,
            region,
        })
    }
}

impl Act for LambdaDeploy {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(functions(scenario, &self.function, self.region.as_deref()))
    }
}
