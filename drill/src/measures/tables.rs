//! Steps, faults, incidents, names, functions and messages as the report lists them.

use super::case::Case;
use super::incidents::{self, Incident};
use super::provenance::{self, SharesInSeconds};
use crate::journal::{FaultEnd, StepEnd, StepOutcome};
use crate::report;
use crate::scenario::{Check, Fault, Notify, RouteTo, ServiceRoute, Step};
use crate::units::DrillTime;

/// The services that the scenario sends elsewhere, in the order of the file.
pub(crate) fn routes(case: &Case<'_>) -> Vec<report::Route> {
    let cloud = case.timeline.started.as_ref().map_or("", |started| started.cloud);
    let of = |route: &ServiceRoute| report::Route {
        service: route.service.clone(),
        to: match &route.to {
            RouteTo::Embedded => report::EMBEDDED.to_owned(),
            RouteTo::Cloud => cloud.to_owned(),
            RouteTo::Url(url) => url.clone(),
        },
    };
    case.scenario.cloud.routes.iter().map(of).collect()
}

/// Every step of the runbook in its order.
pub(crate) fn steps(case: &Case<'_>) -> Vec<report::Step> {
    case.scenario
        .runbook
        .iter()
        .map(|step| of_step(case, step))
        .collect()
}

fn of_step(case: &Case<'_>, step: &Step) -> report::Step {
    let run = case.step_run(step);
    let start = run.and_then(|run| run.start);
    let end: Option<&StepEnd> = run.and_then(|run| run.ended).map(|(_, end)| end);
    let seconds = |part: fn(&StepEnd) -> crate::units::Span| end.map_or(0.0, |end| part(end).as_secs_f64());
    let shares = run.map_or_else(SharesInSeconds::default, provenance::of_step);
    report::Step {
        id: step.id.clone(),
        action: step.action.name().to_owned(),
        within_s: step
            .within
            .as_ref()
            .map(|within| [within.from.as_secs_f64(), within.to.as_secs_f64()]),
        in_time: in_time(case, step),
        late_s: late(case, step).map(crate::units::Span::as_secs_f64),
        start_s: start.map(DrillTime::as_secs_f64),
        end_s: run
            .and_then(|run| run.interval())
            .map(|(_, end)| end.as_secs_f64()),
        measured_s: shares.measured,
        modelled_s: shares.modelled,
        observed_s: shares.observed,
        calls: end.map_or(0, |end| end.calls),
        bytes: end.map_or(0, |end| end.bytes),
        retries: end.map_or(0, |end| end.retries),
        sequential_waits: end.map_or(0, |end| end.sequential_waits),
        attempts: end.map_or(0, |end| u64::from(end.attempts)),
        charged_s: seconds(|end| end.charged),
        outcome: outcome(start, end),
        source: Some(step.source.to_string()),
        error: end.and_then(error),
        detail: end.and_then(|end| end.detail.clone()),
        reasons: reasons_of_gate(case, step).iter().map(reason).collect(),
        performed: end.and_then(|end| end.performed.as_deref().cloned()),
    }
}

/// Why a gate did not open: what its probe said while it waited.
pub(crate) fn reasons_of_gate<'a>(case: &Case<'a>, step: &Step) -> Vec<incidents::Reason<'a>> {
    let Some(check) = step.action.get::<Check>() else {
        return Vec::new();
    };
    let run = case.step_run(step);
    let end = run.and_then(|run| run.ended);
    let start = run.and_then(|run| run.start);
    let Some(start) = start.filter(|_| end.is_none_or(|(_, end)| end.outcome != StepOutcome::Done)) else {
        return Vec::new();
    };
    let until = end.map_or(case.timeline.end, |(at, _)| at);
    let probe = case.scenario.probe(&check.probe);
    probe.map_or_else(Vec::new, |probe| incidents::reasons_of(case, probe, start, until))
}

/// How long after the end of its window a step ended, if that is more than events were late. Windows of an exercise without
/// faults are not judged: its times are those of a discussion, or modelled.
pub(crate) fn late(case: &Case<'_>, step: &Step) -> Option<crate::units::Span> {
    let (_, closes) = judged_window(case, step)?;
    let (_, end) = case.step_run(step)?.interval()?;
    (end > closes + case.timeline.lag()).then(|| end - closes)
}

/// Whether a step was done by the end of its window; one that failed was not.
fn in_time(case: &Case<'_>, step: &Step) -> Option<bool> {
    let (_, closes) = judged_window(case, step)?;
    let run = case.step_run(step);
    match run.and_then(|run| run.ended).map(|(_, end)| end.outcome) {
        Some(StepOutcome::Done | StepOutcome::GoneThrough) => Some(late(case, step).is_none()),
        Some(StepOutcome::Failed | StepOutcome::Skipped) => Some(false),
        _ => (case.timeline.end > closes).then_some(false),
    }
}

fn judged_window(case: &Case<'_>, step: &Step) -> Option<(DrillTime, DrillTime)> {
    case.window(step).filter(|_| case.exercise().is_none())
}

/// How a step ended; one that began and never ended was interrupted.
pub(crate) fn outcome(start: Option<DrillTime>, end: Option<&StepEnd>) -> StepOutcome {
    match (start, end) {
        (_, Some(end)) => end.outcome,
        (Some(_), None) => StepOutcome::Interrupted,
        (None, None) => StepOutcome::NotStarted,
    }
}

fn error(end: &StepEnd) -> Option<String> {
    let error = end.error.as_ref()?;
    let message = match error.message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    Some(format!("{}{message} ({})", error.code, error.operation))
}

/// Every fault of the scenario in the order of the file.
pub(crate) fn faults(case: &Case<'_>) -> Vec<report::Fault> {
    case.scenario
        .faults
        .iter()
        .map(|fault| of_fault(case, fault))
        .collect()
}

fn of_fault(case: &Case<'_>, fault: &Fault) -> report::Fault {
    let run = case.fault_run(fault);
    let (proven, evidence) = run.and_then(|run| run.proven).unwrap_or((false, ""));
    let ended = run
        .and_then(|run| run.ended)
        .filter(|(_, by)| *by != FaultEnd::Teardown);
    report::Fault {
        id: fault.id.clone(),
        action: fault.action.name().to_owned(),
        start_s: run.and_then(|run| run.injected).map(DrillTime::as_secs_f64),
        end_s: ended.map(|(at, _)| at.as_secs_f64()),
        proven,
        evidence: evidence.to_owned(),
        targets: run.map_or(0, |run| run.targets.len() as u64),
    }
}

/// Every incident, that of before the first fault included.
pub(crate) fn incidents(incidents: &[Incident<'_>]) -> Vec<report::Incident> {
    let of = |incident: &Incident<'_>| report::Incident {
        service: incident.service.name.clone(),
        fault: incident.fault.map(|injection| injection.fault.id.clone()),
        start_s: incident.start.as_secs_f64(),
        end_s: incident.end.map(DrillTime::as_secs_f64),
        until_s: incident.until.as_secs_f64(),
        relapse: incident.relapse,
        closed_by: incident.closed_by(),
        step: incident
            .closing
            .and_then(|closing| closing.step)
            .map(str::to_owned),
        unstable_from_s: incident
            .unstable
            .filter(|_| incident.end.is_none())
            .map(|unstable| unstable.from.as_secs_f64()),
        red_after_close: incident.after.and_then(|after| share(after.red, after.known)),
        reasons: incident.reasons.iter().map(reason).collect(),
    };
    incidents.iter().map(of).collect()
}

/// A share, rounded to a thousandth; none of nothing.
fn share(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| (of as f64 / all as f64 * 1_000.0).round() / 1_000.0)
}

/// A reason as the report has it.
pub(crate) fn reason(reason: &incidents::Reason<'_>) -> report::Reason {
    report::Reason {
        text: reason.text.to_owned(),
        count: reason.count,
    }
}

/// Every name that was moved, in the order of the scenario.
pub(crate) fn names(case: &Case<'_>) -> Vec<report::Name> {
    let of = |name: &str| {
        let moves = case.timeline.moves.iter().filter(|moved| moved.name == name);
        let moves = moves.map(|moved| report::Move {
            at_s: moved.at.as_secs_f64(),
            from: moved.from.to_owned(),
            to: moved.to.to_owned(),
            by: moved.by.to_owned(),
        });
        report::Name {
            name: name.to_owned(),
            moves: moves.collect(),
        }
    };
    let names = case.scenario.names().into_iter().map(of);
    names.filter(|name| !name.moves.is_empty()).collect()
}

/// Every step that notifies people, in the order of the runbook.
pub(crate) fn messages(case: &Case<'_>) -> Vec<report::Message> {
    let steps = case.scenario.runbook.iter();
    steps.filter_map(|step| message(case, step)).collect()
}

/// Whom a step tells, and when it did; `None` if it is another kind of step.
pub(crate) fn message(case: &Case<'_>, step: &Step) -> Option<report::Message> {
    let notify = step.action.get::<Notify>()?;
    let mut told = case.timeline.messages.iter().filter(|(_, by, _)| *by == step.id);
    let at = told.next().map(|(at, ..)| *at);
    let due = judged_window(case, step).map(|(_, closes)| closes);
    let in_time = due.and_then(|due| match at {
        Some(at) => Some(at <= due),
        None => (case.timeline.end > due).then_some(false),
    });
    Some(report::Message {
        step: step.id.clone(),
        to: notify.to.clone(),
        at_s: at.map(DrillTime::as_secs_f64),
        due_s: due.map(DrillTime::as_secs_f64),
        in_time,
    })
}

/// What people were told in order of time, then what the scenario has for them and they were not told before the end.
pub(crate) fn injects(case: &Case<'_>) -> Vec<report::Inject> {
    let told = case.timeline.injects.iter().map(|told| report::Inject {
        at_s: Some(told.at.as_secs_f64()),
        to: told.to.map(str::to_owned),
        text: told.text.to_owned(),
        fault: told.fault.map(str::to_owned),
    });
    let was_told = |inject: &&crate::scenario::Inject| {
        let mut told = case.timeline.injects.iter();
        told.any(|told| told.fault.is_none() && told.text == inject.text && told.to == inject.to.as_deref())
    };
    let never = case.scenario.injects.iter().filter(|inject| !was_told(inject));
    let never = never.map(|inject| report::Inject {
        at_s: None,
        to: inject.to.clone(),
        text: inject.text.clone(),
        fault: None,
    });
    told.chain(never).collect()
}

/// What people noted at steps.
pub(crate) fn notes(case: &Case<'_>) -> Vec<report::Note> {
    let note = |(at, step, by, text): &(DrillTime, &str, &str, &str)| report::Note {
        at_s: at.as_secs_f64(),
        step: (*step).to_owned(),
        by: (*by).to_owned(),
        text: (*text).to_owned(),
    };
    case.timeline.notes.iter().map(note).collect()
}
