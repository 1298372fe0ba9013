//! `lambda.throttle`: a function gets no execution environment: 429.

use super::on_function::{REGION, check_function, on_function};
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::services::lambda::function::which_function;

/// Invocations are throttled.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOCUMENTATION: Documentation = Documentation {
        details: "The function gets no execution environment. Synchronous callers get the error; \
            asynchronous events wait and are tried again, as in Lambda. The fault is proven by the \
            invocations that it has hit.",
        needs: &[("cloud.functions", "the function")],
        example: r"
faults:
  - {at: 35m, do: lambda.throttle, function: ingest, for: 30m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f, REGION);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(LambdaThrottle {
            function: function?,
            region,
        })
    }
}

impl FaultSpec for LambdaThrottle {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        check_function(fault, &self.function, self.region.as_deref());
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        on_function(
            scenario,
            &self.function,
            self.region.as_deref(),
            Effect::MakesUnreachable,
        )
    }
}
