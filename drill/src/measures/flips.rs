//! What would flip an objective: which modelled duration, grown (or shrunk) by how much.
//!
//! ```text
//!  detection ──► declare ──┬──► long ──────► assess ──► restore ──► green      grown by so much,
//!                          └──► inform ──┤                                     when is it green?
//! ```
//!
//! Nothing is guessed: the graph of steps is evaluated again with the changed duration. A step begins as long after the
//! steps that it comes after as it did; an incident ends as long after the step that closed it as it did; what a step did
//! not close ends when it did. So only what lies on the critical path flips anything. The change that is told is that at
//! which the figure meets its target, and it is exact to what the figure is exact to.

use super::case::Case;
use super::graph::{DETECTION, Graph};
use super::incidents::Incident;
use super::objectives::{Assessed, Basis};
use super::phases;
use crate::report::{Flip, Metric, ObjectiveVerdict};
use crate::scenario::{Expect, Step};
use crate::units::{DrillTime, Span};

/// How finely a change is sought.
const FINEST: Span = Span::from_millis(1);

/// Every flip, the smallest change first.
pub(crate) fn flips(case: &Case<'_>, incidents: &[Incident<'_>], assessed: &[Assessed]) -> Vec<Flip> {
    let ran = |step: &Step| case.step_run(step)?.interval();
    let graph = Graph::new(&case.scenario.runbook, ran, case.timeline.detected.is_some());
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
        for (name, length) in &durations {
            let figure = |change: Span| figure(&graph, basis, name, change);
            let Some(change) = turns(basis, assessed.objective.verdict, *length, figure) else {
                continue;
            };
            flips.push(Flip {
                duration: (*name).to_owned(),
                grown_by_s: change.as_secs_f64(),
                error_s: basis.figure.error.as_secs_f64(),
                objective: format!(
                    "{} {}",
                    assessed.objective.service,
                    metric(assessed.objective.metric)
                ),
            });
        }
    }
    flips.sort_by(|a: &Flip, b: &Flip| a.grown_by_s.abs().total_cmp(&b.grown_by_s.abs()));
    flips
}

fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Rto => "rto",
        Metric::Failback => "failback",
        _ => "mtd",
    }
}

/// The change of a duration of this length at which a figure meets its target from the other side, if there is one.
fn turns(
    basis: &Basis,
    verdict: ObjectiveVerdict,
    length: Span,
    figure: impl Fn(Span) -> Span,
) -> Option<Span> {
    let (now, target) = (figure(Span::ZERO), basis.target);
    match verdict {
        ObjectiveVerdict::Pass => {
            // What is on the critical path counts from the first moment on.
            if now > target || figure(FINEST) <= now {
                return None;
            }
            Some(least(target - now, |change| figure(change) >= target))
        }
        ObjectiveVerdict::Fail => {
            let shrunk = |change: Span| figure(Span::ZERO - change) <= target;
            (now > target && shrunk(length)).then(|| Span::ZERO - least(length, shrunk))
        }
        _ => None,
    }
}

/// The least span up to `most`, of which it is known to be so, for which `so` holds; it holds for all above.
fn least(most: Span, so: impl Fn(Span) -> bool) -> Span {
    let (mut below, mut above) = (Span::ZERO, most);
    while above - below > Span::from_us(1) {
        let middle = Span::from_us(below.as_us() + (above - below).as_us() / 2);
        if so(middle) {
            above = middle;
        } else {
            below = middle;
        }
    }
    above
}

/// What an objective's figure would have been, had a duration been longer by `change`.
fn figure(graph: &Graph<'_>, basis: &Basis, duration: &str, change: Span) -> Span {
    let shifted = |changed: Span| {
        let ends = graph.ends(duration, changed);
        let spans = basis.spans.iter().map(|span| {
            let shift = span
                .closed_by
                .as_deref()
                .and_then(|step| graph.shift(&ends, step));
            (span.from, (span.to + shift.unwrap_or(Span::ZERO)).max(span.from))
        });
        union(spans.collect())
    };
    basis.figure.length + shifted(change) - shifted(Span::ZERO)
}

/// How long at least one of the spans lasts.
fn union(mut spans: Vec<(DrillTime, DrillTime)>) -> Span {
    spans.sort_unstable();
    let mut covered = Span::ZERO;
    let mut reached = DrillTime::from_us(i64::MIN);
    for (from, to) in spans {
        covered += (to - from.max(reached)).at_least_zero();
        reached = reached.max(to);
    }
    covered
}

/// The modelled durations of the run, with their lengths.
fn durations<'a>(case: &Case<'a>, incidents: &[Incident<'_>]) -> Vec<(&'a str, Span)> {
    let mut durations = Vec::new();
    if let (Some(from), Some(to)) = (phases::begin(case, incidents), case.timeline.detected) {
        durations.push((DETECTION, (to - from).at_least_zero()));
    }
    for step in &case.scenario.runbook {
        let ended = case.step_run(step).and_then(|run| run.ended);
        if let Some((_, end)) = ended.filter(|(_, end)| end.modelled > Span::ZERO) {
            durations.push((step.id.as_str(), end.modelled));
        }
    }
    durations
}
