//! The buckets that a step works on.

use drill::scenario::Bucket;

use super::damage::Stores;
use crate::conductor::runbook::StepContext;

/// The bucket that the scenario labels so; its decoder has seen to it that there is one.
pub(super) fn bucket<'a>(step: &StepContext<'a>, label: &str) -> &'a Bucket {
    let bucket = step.drill.spec.scenario.bucket(label);
    bucket.expect("the scenario's references were checked")
}

/// The stores of a bucket: the one in use, and its replica.
pub(super) fn stores(step: &StepContext<'_>, label: &str) -> Stores {
    let bucket = bucket(step, label);
    let used = step.drill.access.active_name(label);
    let replica = bucket.replicate.as_ref().map(|replicate| replicate.name.clone());
    let other = [Some(bucket.name.clone()), replica]
        .into_iter()
        .flatten()
        .find(|name| *name != used);
    Stores {
        other: other.filter(|_| bucket.replicate.is_some()),
        used,
    }
}
