//! The order of the runbook's steps: no step waits for itself.

use crate::scenario::checks::Checks;
use crate::scenario::{Scenario, Step};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let scenario = checks.scenario;
    // With two steps of one name, a reference is ambiguous.
    let twice = |step: &Step| {
        scenario
            .runbook
            .iter()
            .filter(|other| other.id == step.id)
            .count()
            > 1
    };
    if scenario.runbook.iter().any(twice) {
        return;
    }
    let Some(circle) = circle(scenario) else { return };
    let first = circle[0];
    let mut words: Vec<&str> = circle.iter().map(|step| step.id.as_str()).collect();
    words.push(&first.id);
    let found = format!("a circle: {}", words.join(" comes after "));
    let path = if checks.given(&format!("{}.after", first.path)) {
        format!("{}.after", first.path)
    } else {
        first.path.clone()
    };
    checks.error(&path, found, "`after:` with steps that do not wait for this one");
}

/// Steps of which each comes after the next, and the last after the first.
fn circle(scenario: &Scenario) -> Option<Vec<&Step>> {
    scenario
        .runbook
        .iter()
        .find(|step| scenario.comes_before(&step.id, step))
        .map(|first| {
            let mut steps = vec![first];
            loop {
                let last = steps[steps.len() - 1];
                let towards = last
                    .after
                    .iter()
                    .filter_map(|id| scenario.step(id))
                    .find(|next| next.id == first.id || scenario.comes_before(&first.id, next));
                match towards {
                    Some(next) if next.id != first.id && !steps.iter().any(|known| known.id == next.id) => {
                        steps.push(next);
                    }
                    _ => return steps,
                }
            }
        })
}
