//! `lambda.error`: a share of invocations ends with an error of the function.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration, written};
use crate::scenario::faults::{Effect, Hurt, Strike, on_function, which_function};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;
use crate::units::Fraction;

/// Some invocations fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let (function, region) = which_function(f);
        let share = f.or("share", "How many of the invocations.", written(), "1");
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(LambdaError {
            function: function?,
            region,
            share,
        })
    }
}

impl Strike for LambdaError {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        fault.function(&self.function, self.region.as_deref());
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        on_function(scenario, &self.function, self.region.as_deref(), Effect::Fails)
    }
}
