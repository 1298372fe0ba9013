//! The recovery time objective of a service: judged on its worst incident that exercised the plan.
//!
//! What a fault's own end closed, or nothing in the run, does not demonstrate the plan, and is listed beside it; but a
//! target time that was over before the service was back is missed, whatever brought it back.

use super::{Assessed, Basis, BasisSpan, Figure, blank, fill, gave_up, saturated};
use crate::measures::case::Case;
use crate::measures::closing;
use crate::measures::incidents::Incident;
use crate::measures::provenance::Shares;
use crate::report::{ClosedBy, Metric, ObjectiveVerdict};
use crate::scenario::{Expect, ServiceObjective};
use crate::units::{DrillTime, Span};

/// One incident against the target.
struct Judged<'i, 'a> {
    incident: &'i Incident<'a>,
    /// From when it counts.
    from: DrillTime,
    figure: Figure,
    verdict: ObjectiveVerdict,
    /// What to say beside the figure.
    remark: &'static str,
}

pub(super) fn assess(
    case: &Case<'_>,
    service: &ServiceObjective,
    target: Span,
    incidents: &[&Incident<'_>],
) -> Assessed {
    let judged = incidents
        .iter()
        .map(|incident| judge(case, service, target, incident));
    let mut assessed = match judged.max_by_key(|judged| (severity(judged.verdict), judged.figure.length)) {
        Some(worst) => of_worst(case, service, target, &worst),
        None => untouched(case, service, target),
    };
    if let Some(what) = saturated(case, &service.probe)
        && assessed.objective.verdict != ObjectiveVerdict::NotExercised
    {
        assessed.objective.verdict = ObjectiveVerdict::Inconclusive;
        assessed.why = format!("{}: the RTO cannot be judged: {what}.", service.name);
    }
    assessed
}

/// Which verdict stands for all incidents: a miss above all; what exercised nothing only where nothing else was found.
fn severity(verdict: ObjectiveVerdict) -> u8 {
    match verdict {
        ObjectiveVerdict::Fail => 3,
        ObjectiveVerdict::Inconclusive => 2,
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => 1,
        ObjectiveVerdict::NotExercised => 0,
    }
}

fn judge<'i, 'a>(
    case: &Case<'_>,
    service: &ServiceObjective,
    target: Span,
    incident: &'i Incident<'a>,
) -> Judged<'i, 'a> {
    let from = counted_from(case, service, incident);
    let open = incident.end.is_none();
    let blur = if open {
        case.interval(&service.probe)
    } else {
        incident.blur
    };
    let figure = Figure {
        length: (incident.until - from).at_least_zero(),
        at_least: open,
        error: case.timeline.lag() + blur,
    };
    let (verdict, remark) = if service.expect == Expect::Unaffected {
        (
            ObjectiveVerdict::Fail,
            ", though it was expected to stay untouched",
        )
    } else if open && over(case, from, target) {
        (ObjectiveVerdict::Fail, " and still red when the drill gave up")
    } else if service.expect == Expect::RideOut || open {
        let remark = match incident.unstable {
            Some(_) if open => ", since it was unstable after its recovery",
            _ => "",
        };
        (figure.verdict(target), remark)
    } else {
        match incident.closed_by() {
            Some(ClosedBy::Step) => (figure.verdict(target), ""),
            Some(ClosedBy::FaultEnd) => (
                beyond(figure, target),
                ", repaired by the fault's own end and not by a step",
            ),
            Some(ClosedBy::Ambiguous) => (
                beyond(figure, target),
                ", and whether a step or the fault's own end brought it back cannot be told",
            ),
            Some(ClosedBy::Itself) | None => {
                (beyond(figure, target), ", and no step of the runbook closed it")
            }
        }
    };
    Judged {
        incident,
        from,
        figure,
        verdict,
        remark,
    }
}

/// Whether the drill gave up on a service that was red at the end, later than its target allows.
fn over(case: &Case<'_>, from: DrillTime, target: Span) -> bool {
    gave_up(case) && case.timeline.end - from > target
}

/// The verdict where no step closed the incident: nothing says that the runbook would have in time, but a time that was
/// over before the service was back is over, whatever brought it back.
fn beyond(figure: Figure, target: Span) -> ObjectiveVerdict {
    match figure.verdict(target) {
        ObjectiveVerdict::Fail => ObjectiveVerdict::Fail,
        _ => ObjectiveVerdict::NotExercised,
    }
}

/// From when an incident counts: from its fault; where a service is to ride it out, from the fault's end.
fn counted_from(case: &Case<'_>, service: &ServiceObjective, incident: &Incident<'_>) -> DrillTime {
    let probe = case.scenario.probe(&service.probe);
    match (service.expect, probe) {
        (Expect::RideOut, Some(probe)) => {
            let end = closing::ridden_out(case, probe, incident.start, incident.until);
            end.unwrap_or(incident.start)
        }
        _ => incident.start,
    }
}

fn of_worst(case: &Case<'_>, service: &ServiceObjective, target: Span, worst: &Judged<'_, '_>) -> Assessed {
    let mut objective = blank(&service.name, Metric::Rto, target, &service.source);
    let until = worst.from + worst.figure.length;
    fill(
        &mut objective,
        worst.figure,
        Shares::between(case, worst.from, until),
    );
    // An incident that was over before the disaster was declared has no such time.
    let declared = case.declared().filter(|declared| *declared <= until);
    objective.actual_from_declaration_s =
        declared.map(|declared| (until - declared.max(worst.from)).at_least_zero().as_secs_f64());
    objective.verdict = worst.verdict;
    let outcome = match worst.verdict {
        ObjectiveVerdict::Pass => "met its RTO",
        ObjectiveVerdict::Fail => "missed its RTO",
        ObjectiveVerdict::NotExercised => "did not exercise its RTO",
        _ => "cannot tell whether it met its RTO",
    };
    let red = match worst.incident.end {
        Some(_) => "back after",
        None => "red for",
    };
    let why = format!(
        "{} {outcome} of {target}: {red} {}{}{}.",
        service.name,
        worst.figure.describe(),
        worst.remark,
        because(worst.incident)
    );
    let basis = (!worst.figure.at_least).then(|| Basis {
        figure: worst.figure,
        target,
        spans: vec![BasisSpan::from_incident(worst.incident, worst.from)],
    });
    Assessed {
        objective,
        why,
        basis,
    }
}

/// Why a service that never came back was red, in the words of its probe.
fn because(incident: &Incident<'_>) -> String {
    match incident.reasons.iter().find(|reason| reason.is_told()) {
        Some(reason) if incident.end.is_none() => format!(" ({}, {} times)", reason.text, reason.count),
        _ => String::new(),
    }
}

fn untouched(case: &Case<'_>, service: &ServiceObjective, target: Span) -> Assessed {
    let mut objective = blank(&service.name, Metric::Rto, target, &service.source);
    let unaffected = service.expect == Expect::Unaffected && !case.injections.is_empty();
    let why = if unaffected {
        let error = case.timeline.lag() + case.interval(&service.probe);
        fill(
            &mut objective,
            Figure {
                error,
                ..Figure::default()
            },
            Shares::default(),
        );
        objective.verdict = ObjectiveVerdict::Unaffected;
        format!("{} stayed green, as expected.", service.name)
    } else {
        objective.verdict = ObjectiveVerdict::NotExercised;
        format!(
            "{} never went red: its RTO of {target} was not exercised.",
            service.name
        )
    };
    Assessed {
        objective,
        why,
        basis: None,
    }
}
