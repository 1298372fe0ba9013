//! `lambda.throttle`: a function gets no execution environment: 429.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Strike, on_function, which_function};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Invocations are throttled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaThrottle {
    /// The label of the function.
    pub function: String,
    /// The label of the region; without it every region that has the function.
    pub region: Option<String>,
}

impl LambdaThrottle {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.throttle";
}

impl Table for LambdaThrottle {
    const DOC: &'static str = "Invocations are throttled (429 TooManyRequestsException).";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(LambdaThrottle {
            function: function?,
            region,
        })
    }
}

impl Strike for LambdaThrottle {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        fault.function(&self.function, self.region.as_deref());
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Silences)
    }
}
