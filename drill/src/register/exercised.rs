//! Whether a drill exercised what a finding is about, so that it would have found it again.
//!
//! Each kind of finding has its own condition: what the report must show for the same check to have been made again. Where a
//! report does not show it, only a drill of the same scenario file counts.

use super::key::{OBJECTIVE_MISSED, Subjects, parts};
use crate::journal::{How, NO_DAMAGE, StepOutcome};
use crate::report::{Fault, Metric, Objective, ObjectiveVerdict, Report, Step, Verdict};

/// Whether a drill exercised what the finding of this key is about, so that it would have found it again. `found_in` is the
/// last drill that found it, if it is known: its faults must have been proven again.
///
/// An exercise without faults, and a drill in which not everything broke that was to break, exercised nothing.
pub fn exercised(key: &str, found_in: Option<&Report>, report: &Report) -> bool {
    let Some((scenario, kind, subjects)) = parts(key) else {
        return false;
    };
    if subjects.is_empty() || report.scenario.name != scenario || !is_whole(report) {
        return false;
    }
    if !found_in.is_none_or(|found| same_faults(found, report) && easier(found, report).is_none()) {
        return false;
    }
    if kind == OBJECTIVE_MISSED {
        return objective_judged(report, &subjects);
    }
    let same_file = found_in.is_some_and(|found| found.scenario.sha256 == report.scenario.sha256);
    subjects.iter().all(|(what, name)| match *what {
        "step" => step_checked(report, kind, name),
        "service" => service_checked(report, kind, name),
        "fault" => report.faults.iter().any(|fault| fault.id == *name),
        _ => report.verdict != Verdict::Inconclusive && was_checked(report, kind, name).unwrap_or(same_file),
    })
}

/// Whether a drill came to its end and broke everything that it was to break.
fn is_whole(report: &Report) -> bool {
    let broke = !report.faults.is_empty() && report.faults.iter().all(was_proven);
    report.complete && report.exercise.is_none() && broke
}

fn was_proven(fault: &Fault) -> bool {
    fault.proven && fault.start_s.is_some()
}

/// Whether every fault that was proven when something was found was proven again: the same id, and the same action.
fn same_faults(found: &Report, report: &Report) -> bool {
    let again = |fault: &Fault| {
        let same = |other: &&Fault| (&other.id, &other.action) == (&fault.id, &fault.action);
        report.faults.iter().find(same).is_some_and(was_proven)
    };
    found.faults.iter().filter(|fault| was_proven(fault)).all(again)
}

/// What was asked of less, or done otherwise, in a drill than in the one that found something, so that not finding it again says
/// nothing; none where the drill was as hard.
pub fn easier(found: &Report, report: &Report) -> Option<String> {
    if found.cloud != report.cloud {
        return Some(format!("its cloud was {}, and not {}", report.cloud, found.cloud));
    }
    if found.durations != report.durations {
        return Some("it took other values of modelled durations (--durations)".to_owned());
    }
    let objective = report.objectives.iter().find_map(|one| {
        let mut before = found.objectives.iter();
        let before = before.find(|before| (&before.service, before.metric) == (&one.service, one.metric))?;
        (one.target_s > before.target_s).then(|| {
            format!(
                "the target of {} {} was {} s, and not {} s",
                one.service,
                one.metric.key(),
                one.target_s,
                before.target_s
            )
        })
    });
    let end = |step: &Step| step.within_s.map(|[_, end]| end);
    let window = || {
        report.steps.iter().find_map(|step| {
            let before = found.steps.iter().find(|before| before.id == step.id)?;
            (end(step)? > end(before)?).then(|| format!("the window of step {} ended later", step.id))
        })
    };
    objective.or_else(window)
}

fn objective_judged(report: &Report, subjects: &Subjects<'_>) -> bool {
    let value = |wanted: &str| {
        subjects
            .iter()
            .find(|(what, _)| *what == wanted)
            .map(|(_, value)| *value)
    };
    let (service, metric) = (value("service"), value("of"));
    judged(report, |objective| {
        Some(objective.service.as_str()) == service && Some(objective.metric.key()) == metric
    })
}

/// Whether an objective was exercised and could be told.
fn judged(report: &Report, wanted: impl Fn(&Objective) -> bool) -> bool {
    report.objectives.iter().any(|objective| {
        let told = matches!(
            objective.verdict,
            ObjectiveVerdict::Pass | ObjectiveVerdict::Fail | ObjectiveVerdict::Unaffected
        );
        told && wanted(objective)
    })
}

/// Whether what a kind of finding says of a step was checked of this one.
fn step_checked(report: &Report, kind: &str, id: &str) -> bool {
    let Some(step) = report.steps.iter().find(|step| step.id == id) else {
        return false;
    };
    let by_a_person = |step: &Step| {
        let performed = step.performed.as_ref();
        performed.is_some_and(|performed| performed.how != How::Skipped)
    };
    let ended = matches!(step.outcome, StepOutcome::Done | StepOutcome::Failed);
    ended
        && match kind {
            "window_missed" => step.in_time.is_some(),
            "told_late" => {
                let mut messages = report.messages.iter();
                messages.any(|message| message.step == id && message.in_time.is_some())
            }
            // It must have had damage to find, and found it.
            "damage_not_found" => step
                .detail
                .as_ref()
                .is_some_and(|detail| !detail.contains(NO_DAMAGE)),
            "step_skipped" => by_a_person(step),
            "checklist_open" => {
                let performed = step.performed.as_ref();
                by_a_person(step) && performed.is_some_and(|performed| !performed.checklist.is_empty())
            }
            _ => true,
        }
}

/// Whether what a kind of finding says of a service was checked of this one.
fn service_checked(report: &Report, kind: &str, service: &str) -> bool {
    let judged_by = |metric: Metric| judged(report, |one| one.service == service && one.metric == metric);
    match kind {
        "other_rpo_too_long" => judged_by(Metric::Rpo),
        // Said of the times at which the service was red.
        "no_procedure"
        | "clients_not_moved"
        | "relapse"
        | "provider_bound"
        | "recovered_by_itself"
        | "recovery_ambiguous"
        | "unstable"
        | "still_red"
        | "not_unaffected" => {
            judged_by(Metric::Rto) || report.incidents.iter().any(|one| one.service == service)
        }
        "red_in_failback" => failed_back(report) && judged(report, |one| one.service == service),
        _ => judged(report, |one| one.service == service),
    }
}

fn failed_back(report: &Report) -> bool {
    let ended = |wanted: &str| {
        let mut phases = report.phases.iter();
        phases.any(|phase| phase.name == wanted && phase.end_s.is_some())
    };
    ended("failback")
}

/// Whether what a kind of finding says of something that is neither step, service nor fault was checked of it; nothing where
/// the report does not tell.
fn was_checked(report: &Report, kind: &str, name: &str) -> Option<bool> {
    let counted = || {
        let mut sets = report.data.iter();
        sets.any(|data| data.name == name && data.counted > 0 && data.unknown == 0)
    };
    let function = |did: fn(&crate::journal::FunctionCounters) -> u64| {
        let is_it =
            |one: &&crate::journal::FunctionCounters| format!("{}/{}", one.function, one.region) == name;
        report
            .functions
            .iter()
            .find(is_it)
            .is_some_and(|one| did(one) > 0)
    };
    let moved = |name: &str| {
        let mut names = report.names.iter();
        names.any(|one| one.name == name && !one.moves.is_empty())
    };
    Some(match kind {
        "writes_lost"
        | "copying_stopped"
        | "deletes_undone"
        | "unexpected_objects"
        | "late_here"
        | "duplicates"
        | "unacknowledged_there"
        | "delayed"
        | "recovered_later" => counted(),
        "lost_in_failback" => counted() && failed_back(report),
        "program_failed" => {
            let mut programs = report.programs.iter();
            programs.any(|program| program.program == name && program.checked > 0)
        }
        "events_dropped" | "events_waiting" | "invocations_throttled" => function(|one| one.accepted),
        "events_not_redriven" => function(|one| one.to_destination),
        // One of both is told of every bucket whose regions were compared.
        "regions_differ" | "regions_alike" => report.findings.iter().any(|finding| {
            let compared = matches!(finding.kind.as_str(), "regions_differ" | "regions_alike");
            compared && finding.about.as_deref() == Some(name)
        }),
        "not_detected" => report
            .phases
            .iter()
            .any(|phase| phase.name == "detect" && phase.end_s.is_some()),
        "devices_not_back" => report.fleet.is_some(),
        "devices_elsewhere" => report.fleet.is_some() && moved("iot"),
        _ => return None,
    })
}
