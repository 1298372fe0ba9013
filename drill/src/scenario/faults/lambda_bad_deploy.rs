//! `lambda.bad_deploy`: a broken version of a function goes live.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table};
use crate::scenario::faults::{Effect, Hurt, Strike, on_function, which_function};
use crate::scenario::validate::FaultCheck;

/// A broken version goes live; the one before it is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaBadDeploy {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it every region that has the function.
    pub region: Option<String>,
}

impl LambdaBadDeploy {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.bad_deploy";
}

impl Table for LambdaBadDeploy {
    const DOC: &'static str = "A version that fails at every invocation goes live.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        Some(LambdaBadDeploy {
            function: function?,
            region,
        })
    }
}

impl Strike for LambdaBadDeploy {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        fault.function(&self.function, self.region.as_deref());
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Fails)
    }
}
