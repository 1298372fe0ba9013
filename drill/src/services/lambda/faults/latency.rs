//! `lambda.latency`: a function takes longer than it did.

use super::on_function::{REGION, check_function, on_function};
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact, Latency, latency};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::services::lambda::function::which_function;

/// Invocations take longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaLatency {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it every region that has the function.
    pub region: Option<String>,
    /// By how much, in drill time.
    pub latency: Latency,
}

impl LambdaLatency {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.latency";
}

impl Table for LambdaLatency {
    const DOC: &'static str = "Invocations take longer.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Each invocation takes this much longer, in drill time. One that reaches the function's `timeout` \
            fails as timed out. The fault is proven by the invocations that it has hit.",
        needs: &[("cloud.functions", "the function")],
        example: r"
faults:
  - {at: 35m, do: lambda.latency, function: ingest, latency: {p50: 2s, p99: 10s}, for: 30m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f, REGION);
        let late = f.required("latency", "By how much, in drill time.", latency());
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(LambdaLatency {
            function: function?,
            region,
            latency: late?,
        })
    }
}

impl FaultSpec for LambdaLatency {
    fn delays(&self) -> Option<Latency> {
        Some(self.latency)
    }

    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        check_function(fault, &self.function, self.region.as_deref());
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Slows)
    }
}
