//! What a fault can do. Services register theirs; those that are of no service stand here, a file each and a line.

mod latency;
mod spec;

use super::Scenario;
use super::chosen::{FaultAction, place};
use super::registry::Entry;
use crate::services::{SERVICES, aws, dns};

pub use latency::Latency;
pub(crate) use latency::latency;
pub use region_outage::{FailureMode, OutageContainer, OutageForm};
pub(crate) use spec::FaultSpec;
pub use spec::{Effect, Impact, TargetSelector};

registry! {
    /// The faults of no service.
    const GENERAL: Fault as FaultSpec {
        region_outage::RegionOutage,
    }
}

/// Every fault, as `do:` chooses it.
pub(crate) fn registered() -> impl Iterator<Item = &'static Entry<place::Fault, dyn FaultSpec>> {
    let of_services = SERVICES.iter().flat_map(|service| service.faults());
    GENERAL
        .iter()
        .chain(aws::faults())
        .chain(of_services)
        .chain(dns::FAULTS)
}

impl FaultAction {
    /// What it says of itself.
    pub(crate) fn spec(&self) -> Option<&dyn FaultSpec> {
        registered().find_map(|entry| (entry.spec)(self.as_any()))
    }

    /// What it affects in this scenario, and how.
    pub fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        self.spec().map_or(Vec::new(), |spec| spec.impacts(scenario))
    }

    /// Which keys of which store it targets, if it is about keys.
    pub fn target_selector(&self) -> Option<TargetSelector<'_>> {
        self.spec().and_then(FaultSpec::target_selector)
    }

    /// By how much it delays each call that it affects, if that is all that it does.
    pub fn delays(&self) -> Option<Latency> {
        self.spec().and_then(FaultSpec::delays)
    }

    /// What can be under only one such fault at a time (`the broker of region primary`), if it is exclusive.
    pub fn exclusive_resources(&self, scenario: &Scenario) -> Vec<String> {
        self.spec()
            .map_or(Vec::new(), |spec| spec.exclusive_resources(scenario))
    }

    /// Whether all that it does is done when it is injected, so that nothing ends by itself or with its end.
    pub fn is_done_at_once(&self, scenario: &Scenario) -> bool {
        self.spec().is_some_and(|spec| spec.is_done_at_once(scenario))
    }

    /// Why a search for damage does not see what it destroyed, in a clause: one that reads values, or only a listing.
    pub(crate) fn unseen_because(&self, reads_values: bool) -> Option<&'static str> {
        self.spec().and_then(|spec| spec.unseen_because(reads_values))
    }
}
