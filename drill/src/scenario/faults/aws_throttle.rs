//! `aws.throttle`: requests are throttled, as each service says it.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Requests are throttled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsThrottle {
    /// Which requests.
    pub requests: Selector,
}

impl AwsThrottle {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.throttle";
}

impl Table for AwsThrottle {
    const DOC: &'static str =
        "Requests are throttled, as each service says it (S3: 503 SlowDown; Lambda: 429).";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsThrottle { requests })
    }
}

impl Strike for AwsThrottle {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Fails)
    }
}
