//! Steps that people did not perform: a recovery that did without them is faster than the plan as it is written.
//!
//! ```text
//!  declare ──► inform ──► restore ──► green      skipped, `inform` took no time, and the plan has one for it:
//!             (skipped)                          what was achieved does not show that the target is met
//! ```
//!
//! A miss stays a miss: with the step it would have taken no less.

use std::collections::BTreeSet;

use super::THE_DRILL;
use super::{Assessed, Basis};
use crate::measures::case::Case;
use crate::report::{Metric, ObjectiveVerdict};
use crate::scenario::Step;
use crate::units::Span;

/// Takes back what was met without steps that it waits for by the plan.
pub(super) fn mark(case: &Case<'_>, assessed: &mut [Assessed]) {
    let missing = case.not_performed();
    if missing.is_empty() {
        return;
    }
    for one in assessed {
        if one.objective.verdict != ObjectiveVerdict::Pass {
            continue;
        }
        let on_the_path = waits_for(case, one.objective.metric, one.basis.as_ref());
        let left_out = missing
            .iter()
            .filter(|step| on_the_path.contains(step.id.as_str()));
        let left_out: Vec<String> = left_out.map(|step| case.how_not_performed(step)).collect();
        if !left_out.is_empty() {
            one.objective.verdict = ObjectiveVerdict::Inconclusive;
            one.why = why(one, &left_out);
        }
    }
}

/// The steps that a recovery waits for, those that closed its incidents included; of a return home those from its first on.
fn waits_for<'a>(case: &Case<'a>, metric: Metric, basis: Option<&'a Basis>) -> BTreeSet<&'a str> {
    let spans = basis.map_or(&[][..], |basis| &basis.spans);
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for closed in spans.iter().filter_map(|span| span.closed_by.as_deref()) {
        found.extend(before(case, closed));
    }
    let home = case.scenario.objectives.failback.as_ref();
    if let Some(spec) = home.filter(|_| metric == Metric::Failback) {
        let steps = case.scenario.runbook.iter().map(|step| step.id.as_str());
        found.extend(steps.filter(|id| before(case, id).contains(spec.from.as_str())));
    }
    found
}

/// A step, and every step that it comes after.
fn before<'a>(case: &Case<'a>, step: &'a str) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut open = vec![step];
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let of = |known: &&'a Step| known.id == id;
            let step = case.scenario.runbook.iter().find(of);
            open.extend(
                step.into_iter()
                    .flat_map(|step| step.after.iter().map(String::as_str)),
            );
        }
    }
    found
}

fn why(assessed: &Assessed, left_out: &[String]) -> String {
    let objective = &assessed.objective;
    let of = match objective.service.as_str() {
        THE_DRILL => String::new(),
        service => format!(" of {service}"),
    };
    let what = match objective.metric {
        Metric::Rto => format!("The RTO{of}"),
        Metric::Failback => "The RTO of the failback".to_owned(),
        _ => format!("The MTD{of}"),
    };
    let figure = assessed.basis.as_ref().map(|basis| basis.figure.describe());
    format!(
        "{what} of {} cannot be judged: {} was achieved without what it waits for by the plan: {}.",
        Span::from_us((objective.target_s * 1e6).round() as i64),
        figure.unwrap_or_else(|| "what was found".to_owned()),
        left_out.join("; ")
    )
}
