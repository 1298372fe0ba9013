//! What faults on buckets have in common: they break the store at home.

use crate::scenario::Scenario;
use crate::scenario::faults::{Effect, Impact};

/// Why a search for damage does not see what was purged.
pub(super) const PURGED: &str =
    "what is purged, and what never reached a replica, leaves nothing that S3 could show";

/// This effect on the store of the bucket labelled `bucket`.
pub(super) fn at_home<'a>(scenario: &'a Scenario, bucket: &str, effect: Effect) -> Vec<Impact<'a>> {
    let store = scenario.cloud.store(bucket).into_iter();
    let resource = store.map(|store| store.in_region(store.home));
    resource.map(|resource| Impact { resource, effect }).collect()
}
