//! `aws.hang`: requests are taken, and nothing answers.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Requests get no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsHang {
    /// Which requests.
    pub requests: Selector,
}

impl AwsHang {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.hang";
}

impl Table for AwsHang {
    const DOC: &'static str = "Requests are taken, and nothing answers.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsHang { requests })
    }
}

impl Strike for AwsHang {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Fails)
    }
}
