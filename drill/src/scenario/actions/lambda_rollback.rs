//! `lambda.rollback`: the live version is again the one before.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::actions::{Act, Touches, functions, which_function};
use crate::scenario::decode::{Fields, Table};

/// The live version is again the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    const DOC: &'static str = "The live version is again the one before.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        Some(LambdaRollback {
            function: function?,
            region,
        })
    }
}

impl Act for LambdaRollback {
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        Touches::Only(functions(scenario, &self.function, self.region.as_deref()))
    }
}
