//! The objectives of an exercise without faults: none was exercised, whatever its systems did.

use super::THE_DRILL;
use super::blank;
use crate::measures::case::Case;
use crate::report::{Metric, Objective, ObjectiveVerdict};
use crate::scenario::Source;
use crate::units::Span;

/// Every objective of the scenario, not exercised.
pub(crate) fn not_exercised(case: &Case<'_>) -> Vec<Objective> {
    let objectives = &case.scenario.objectives;
    let of = |service: &str, metric, target: Option<Span>, source: &Source| {
        let mut objective = blank(service, metric, target?, source);
        objective.verdict = ObjectiveVerdict::NotExercised;
        Some(objective)
    };
    let mut found = Vec::new();
    for service in &objectives.services {
        let (name, source) = (&service.name, &service.source);
        found.extend(of(name, Metric::Rto, service.rto, source));
        found.extend(of(name, Metric::Rpo, service.rpo, source));
        found.extend(of(name, Metric::Mtd, service.mtd, source));
    }
    found.extend(of(
        THE_DRILL,
        Metric::Mtd,
        Some(objectives.mtd),
        &objectives.source,
    ));
    let failback = objectives.failback.as_ref();
    found.extend(failback.and_then(|spec| of(THE_DRILL, Metric::Failback, Some(spec.rto), &spec.source)));
    found
}
