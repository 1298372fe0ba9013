//! `lambda.latency`: a function takes longer than it did.

use serde::{Deserialize, Serialize};

use super::latency::latency;
use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Latency, Strike, on_function, which_function};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Invocations take longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        let late = f.required("latency", "By how much, in drill time.", latency());
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(LambdaLatency {
            function: function?,
            region,
            latency: late?,
        })
    }
}

impl Strike for LambdaLatency {
    fn delays(&self) -> Option<Latency> {
        Some(self.latency)
    }

    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        fault.function(&self.function, self.region.as_deref());
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Slows)
    }
}
