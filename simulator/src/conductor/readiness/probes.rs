//! Probes: whether those are green that objectives and monitoring rely on.

use drill::journal::{Health, ReadinessCheck};

use super::check::check;
use crate::conductor::context::Drill;

/// Whether every probe that objectives and monitoring rely on is green.
pub(super) fn checks(drill: &Drill) -> Vec<ReadinessCheck> {
    let states: Vec<(String, Option<Health>)> = drill
        .observed
        .phase
        .lock()
        .states()
        .map(|(name, health)| (name.to_owned(), health))
        .collect();
    let of = |(name, health): (String, Option<Health>)| {
        let (holds, found) = match health {
            Some(Health::Green) => (Some(true), "it is green"),
            Some(Health::Red) => (Some(false), "it is red, with nothing broken"),
            Some(Health::Unknown) | None => (None, "it has no result yet"),
        };
        let remedy = "read the journal's lines of this probe: what is wrong stands there";
        check(format!("probe {name}"), holds, found.to_owned(), remedy)
    };
    states.into_iter().map(of).collect()
}
