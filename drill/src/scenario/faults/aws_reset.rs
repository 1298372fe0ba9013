//! `aws.reset`: connections break before the answer.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Connections are reset instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsReset {
    /// Which requests.
    pub requests: Selector,
}

impl AwsReset {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.reset";
}

impl Table for AwsReset {
    const DOC: &'static str = "Connections are reset instead of an answer.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsReset { requests })
    }
}

impl Strike for AwsReset {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Fails)
    }
}
