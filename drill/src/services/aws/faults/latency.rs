//! `aws.latency`: requests are answered late.

use super::Selector;
use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::decode::{Documentation, Fields, Table, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact, Latency, latency};
use crate::scenario::limits::{INSTANT, LONGEST};

/// Requests are answered late.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const DOC: &'static str = "Requests are served late.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The gateway decides on each request that the selector matches, from the injection \
            until `for` is over or the drill ends. The fault is proven by the requests that it has \
            hit. Requests of users (people, runbooks, scripts, writers) and probes are matched \
            unless `principals` says otherwise. The delay is drill time, and comes before the \
            request takes effect.",
        needs: &[],
        example: r"
faults:
  - {at: 35m, do: aws.latency, service: s3, latency: {p50: 2s, p99: 20s}, for: 30m}
",
    };

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

impl FaultSpec for AwsLatency {
    fn delays(&self) -> Option<Latency> {
        Some(self.latency)
    }

    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        self.requests.impacts(scenario, Effect::Slows)
    }
}
