//! `lambda.error`: a share of invocations ends with an error of the function.

use super::on_function::{REGION, check_function, on_function};
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table, duration, written};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::services::lambda::function::which_function;
use crate::units::Fraction;

/// Some invocations fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaError {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it every region that has the function.
    pub region: Option<String>,
    /// How many of the invocations.
    pub share: Fraction,
}

impl LambdaError {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.error";
}

impl Table for LambdaError {
    const DOC: &'static str = "A share of invocations ends with an error of the function.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The function is not run for these invocations; the caller gets a function error. \
            Asynchronous invocations are tried again as often as the function's `retries` say, and \
            then go to its `on_failure` bucket. The fault is proven by the invocations that it has \
            hit.",
        needs: &[("cloud.functions", "the function")],
        example: r"
faults:
  - {at: 35m, do: lambda.error, function: ingest, share: 0.5, for: 30m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f, REGION);
        let share = f.or("share", "The share of invocations that fail.", written(), "1");
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(LambdaError {
            function: function?,
            region,
            share,
        })
    }
}

impl FaultSpec for LambdaError {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        check_function(fault, &self.function, self.region.as_deref());
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Fails)
    }
}
