//! What would flip an objective: which modelled duration, grown (or shrunk) by how much.
//!
//! A recovery goes through its modelled durations one after another, so that an incident ends later by as
//! much as one of them grows. An objective that is met flips when all of its figure ± error lies beyond
//! the target; one that is missed, when all of it lies within, if the duration is long enough to give that.

use super::case::Case;
use super::incidents::Incident;
use super::objectives::{Assessed, Basis};
use super::{paths, phases};
use crate::report::{Flip, ObjectiveVerdict};
use crate::scenario::Expect;
use crate::units::{DrillTime, Span};

/// The smallest step beyond a target that a report shows.
const BEYOND: Span = Span::from_millis(1);

/// A modelled duration of the run.
struct Duration<'a> {
    name: &'a str,
    from: DrillTime,
    to: DrillTime,
    length: Span,
}

/// Every flip, the smallest change first.
pub(crate) fn flips(case: &Case<'_>, incidents: &[Incident<'_>], assessed: &[Assessed]) -> Vec<Flip> {
    let durations = durations(case, incidents);
    let mut flips = Vec::new();
    for assessed in assessed {
        let Some(basis) = &assessed.basis else { continue };
        // What was to stay untouched was missed by being touched: no duration changes that.
        let services = &case.scenario.objectives.services;
        let named = services
            .iter()
            .find(|service| service.name == assessed.objective.service);
        if named.is_some_and(|service| service.expect == Expect::Unaffected) {
            continue;
        }
        let within = |duration: &&Duration<'_>| basis.spans.iter().any(|span| decides(case, duration, *span));
        for duration in durations.iter().filter(within) {
            flips.extend(flip(assessed, basis, duration));
        }
    }
    flips.sort_by(|a: &Flip, b: &Flip| a.grown_by_s.abs().total_cmp(&b.grown_by_s.abs()));
    flips
}

/// Whether an incident would have ended later, had a duration been longer: it was over before the incident
/// was, and the last step that changed anything before the incident's end came no earlier.
fn decides(case: &Case<'_>, duration: &Duration<'_>, (from, to): (DrillTime, DrillTime)) -> bool {
    let acting = case
        .scenario
        .runbook
        .iter()
        .filter(|step| paths::acts(case.scenario, step));
    let begun = acting
        .filter_map(|step| case.step_run(step)?.start)
        .filter(|start| *start <= to);
    let last = begun.max().unwrap_or(DrillTime::MAX);
    duration.from >= from && duration.to <= to && duration.from <= last
}

fn flip(assessed: &Assessed, basis: &Basis, duration: &Duration<'_>) -> Option<Flip> {
    let (figure, target) = (basis.figure, basis.target);
    let grown_by = match assessed.objective.verdict {
        ObjectiveVerdict::Pass => target - figure.length + figure.error + BEYOND,
        ObjectiveVerdict::Fail => {
            let shrunk = figure.length + figure.error - target;
            (shrunk <= duration.length).then(|| Span::ZERO - shrunk)?
        }
        _ => return None,
    };
    let metric = match assessed.objective.metric {
        crate::report::Metric::Rto => "rto",
        crate::report::Metric::Failback => "failback",
        _ => "mtd",
    };
    Some(Flip {
        duration: duration.name.to_owned(),
        grown_by_s: grown_by.as_secs_f64(),
        objective: format!("{} {metric}", assessed.objective.service),
    })
}

fn durations<'a>(case: &Case<'a>, incidents: &[Incident<'_>]) -> Vec<Duration<'a>> {
    let mut durations = Vec::new();
    if let (Some(from), Some(to)) = (phases::begin(case, incidents), case.timeline.detected) {
        let length = (to - from).at_least_zero();
        durations.push(Duration {
            name: "detection",
            from,
            to,
            length,
        });
    }
    for step in &case.scenario.runbook {
        let Some(run) = case.step_run(step) else { continue };
        let (Some((from, to)), Some((_, end))) = (run.interval(), run.ended) else {
            continue;
        };
        // A step is its modelled time first, then the work.
        if end.modelled > Span::ZERO {
            let to = to.min(from + end.modelled);
            durations.push(Duration {
                name: &step.id,
                from,
                to,
                length: end.modelled,
            });
        }
    }
    durations
}
