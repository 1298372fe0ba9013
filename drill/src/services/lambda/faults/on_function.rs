//! What faults on functions have in common.

use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::faults::{Effect, Impact};
use crate::services::lambda::function::{function, in_regions};

/// What such a fault says of its field `region`.
pub(super) const REGION: &str = "The label of the region (default: every one that has it).";

/// A region that is to have a function has it, from the start or by a step.
pub(super) fn check_function(fault: &mut FaultCheck<'_, '_, '_, '_>, label: &str, region: Option<&str>) {
    let scenario = fault.scenario();
    let (Some(declared), Some(region)) = (scenario.cloud.function(label), region) else {
        return;
    };
    let is_there = declared.regions.iter().any(|known| known == region);
    if fault.whole() && !is_there && !fault.is_deployed(function(label, region)) {
        let found = format!("{region:?}, which does not have {label}");
        let allowed = format!("one of {}", declared.regions.join(", "));
        fault.error("region", found, &allowed);
    }
}

/// An effect on a function in one region, or in every one that has it.
pub(super) fn on_function<'a>(
    scenario: &'a Scenario,
    label: &'a str,
    region: Option<&'a str>,
    effect: Effect,
) -> Vec<Impact<'a>> {
    let resources = in_regions(scenario, label, region);
    resources.map(|resource| Impact { resource, effect }).collect()
}
