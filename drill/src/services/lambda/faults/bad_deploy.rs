//! `lambda.bad_deploy`: a broken version of a function goes live.

use super::on_function::{REGION, check_function, on_function};
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::services::lambda::function::which_function;

/// A broken version goes live; the one before it is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOCUMENTATION: Documentation = Documentation {
        details: "A new version is published and the alias `live` points to it. The version before it is \
            still there: `lambda.rollback` makes that live again. The fault lasts until the alias \
            moves. It is proven by an invocation of the live version, which must fail.",
        needs: &[("cloud.functions", "the function")],
        example: r"
faults:
  - {at: 35m, do: lambda.bad_deploy, function: ingest}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f, REGION);
        Some(LambdaBadDeploy {
            function: function?,
            region,
        })
    }
}

impl FaultSpec for LambdaBadDeploy {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        check_function(fault, &self.function, self.region.as_deref());
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Fails)
    }

    /// It is so until a deployment puts another version there, and no longer a matter of the fault.
    fn is_done_at_once(&self, _: &Scenario) -> bool {
        true
    }
}
