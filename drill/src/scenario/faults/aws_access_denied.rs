//! `aws.access_denied`: requests are refused for want of rights: a policy or a role was broken.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Requests are refused for want of rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAccessDenied {
    /// Which requests.
    pub requests: Selector,
}

impl AwsAccessDenied {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.access_denied";
}

impl Table for AwsAccessDenied {
    const DOC: &'static str = "Requests are refused for want of rights.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsAccessDenied { requests })
    }
}

impl Strike for AwsAccessDenied {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Fails)
    }
}
