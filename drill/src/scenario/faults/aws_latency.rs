//! `aws.latency`: requests are answered late.

use serde::{Deserialize, Serialize};

use super::latency::latency;
use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Latency, Selector, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;

/// Requests are answered late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsLatency {
    /// Which requests.
    pub requests: Selector,
    /// How late, in drill time.
    pub latency: Latency,
}

impl AwsLatency {
    /// Its name in a scenario.
    pub const NAME: &'static str = "aws.latency";
}

impl Table for AwsLatency {
    const DOC: &'static str = "Requests are answered late.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let requests = Selector::fields(f);
        let late = f.required("latency", "How late, in drill time.", latency());
        f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
        Some(AwsLatency {
            requests,
            latency: late?,
        })
    }
}

impl Strike for AwsLatency {
    fn delays(&self) -> Option<Latency> {
        Some(self.latency)
    }

    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        self.requests.hurts(scenario, Effect::Slows)
    }
}
