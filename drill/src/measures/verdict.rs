//! The verdict of the whole drill, in this order: invalid, missed, not exercised or too inexact, met.

use super::case::Case;
use super::data::Data;
use super::findings::{sentence, why_red};
use super::incidents;
use super::objectives::Assessed;
use super::timeline::Timeline;
use crate::journal::{AuditId, EndReason, Health};
use crate::report::{ObjectiveVerdict, Verdict};
use crate::scenario::Fault;
use crate::seal;
use crate::units::DrillTime;

/// What the drill says as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) verdict: Verdict,
    /// A sentence each, the decisive first.
    pub(crate) reasons: Vec<String>,
}

/// Reaches the verdict. In a drill that is invalid, or was cut short, objectives lose what they cannot
/// claim.
pub(crate) fn reach(case: &Case<'_>, data: &[Data<'_>], assessed: &mut [Assessed]) -> Reached {
    let not_performed = not_performed(case);
    let invalid = invalid(case, data);
    let cut_short = cut_short(&case.timeline);
    for objective in assessed.iter_mut().map(|assessed| &mut assessed.objective) {
        objective.verdict = match objective.verdict {
            ObjectiveVerdict::Fail if invalid.is_empty() => ObjectiveVerdict::Fail,
            ObjectiveVerdict::NotExercised if cut_short.is_none() => ObjectiveVerdict::NotExercised,
            verdict if invalid.is_empty() && cut_short.is_none() => verdict,
            _ => ObjectiveVerdict::Inconclusive,
        };
    }
    let whys = |wanted: &[ObjectiveVerdict]| -> Vec<String> {
        let chosen = assessed
            .iter()
            .filter(|assessed| wanted.contains(&assessed.objective.verdict));
        chosen.map(|assessed| assessed.why.clone()).collect()
    };
    let open = whys(&[ObjectiveVerdict::Inconclusive, ObjectiveVerdict::NotExercised]);
    if !invalid.is_empty() {
        let reasons = cut_short
            .into_iter()
            .chain(invalid)
            .chain(not_performed)
            .collect();
        return Reached {
            verdict: Verdict::Inconclusive,
            reasons,
        };
    }
    let missed = whys(&[ObjectiveVerdict::Fail]);
    if !missed.is_empty() {
        let reasons = missed
            .into_iter()
            .chain(ended_early(case))
            .chain(cut_short)
            .chain(open)
            .chain(not_performed);
        let reasons = reasons.collect();
        return Reached {
            verdict: Verdict::Fail,
            reasons,
        };
    }
    if !open.is_empty() || cut_short.is_some() {
        let reasons = cut_short.into_iter().chain(open).chain(not_performed).collect();
        return Reached {
            verdict: Verdict::Inconclusive,
            reasons,
        };
    }
    let met = whys(&[ObjectiveVerdict::Pass, ObjectiveVerdict::Unaffected]);
    let reasons = met.into_iter().chain(not_performed).collect();
    Reached {
        verdict: Verdict::Pass,
        reasons,
    }
}

/// What people did not perform, a sentence each: the plan was not drilled as it is written.
fn not_performed(case: &Case<'_>) -> Vec<String> {
    let steps = case.not_performed().into_iter();
    let said = steps.map(|step| {
        let how = case.how_not_performed(step);
        sentence(&format!("{how}: the plan was not drilled as it is written"))
    });
    said.collect()
}

/// Why the run did not reach its end, if it did not.
pub(super) fn cut_short(timeline: &Timeline<'_>) -> Option<String> {
    match (timeline.finished, timeline.signal) {
        (Some(EndReason::Interrupted), Some(signal)) => Some(format!("The run was interrupted by {signal}.")),
        (Some(EndReason::Interrupted), None) => Some("The run was interrupted.".to_owned()),
        (Some(_), _) => None,
        (None, _) if timeline.unsealed.is_some() => Some(format!(
            "The run came to its end, and there is no {}: it was killed before it was sealed, or the seal was removed.",
            seal::FILE
        )),
        (None, _) => Some(format!(
            "The run did not come to its end: its process was killed, or the machine stopped. Its journal stops at {}.",
            timeline.last
        )),
    }
}

/// Why the drill did not go on until it would have given up, if nothing that came later could have changed its verdict.
fn ended_early(case: &Case<'_>) -> Option<String> {
    let timeline = &case.timeline;
    (timeline.finished == Some(EndReason::AllMissed)).then(|| {
        format!(
            "The drill ended before give_up, at {}: every service that was still red had missed its RTO and its MTD, and \
             nothing that came later could have changed that.",
            timeline.end
        )
    })
}

/// Why the drill shows nothing, if so, a sentence each.
fn invalid(case: &Case<'_>, data: &[Data<'_>]) -> Vec<String> {
    let mut why = Vec::new();
    why.extend(ended_badly(case));
    if case.scenario.faults.is_empty() {
        why.push("The scenario has no faults: there was nothing to recover from.".to_owned());
    } else {
        why.extend(no_steady_state(case));
        why.extend(
            case.scenario
                .faults
                .iter()
                .filter_map(|fault| unproven(case, fault)),
        );
    }
    why.extend(silent_probes(case));
    if !data.is_empty() {
        why.extend(missing_audits(case, data));
    }
    why.extend(data.iter().filter(|data| data.counts.steady_losses > 0).map(|data| {
        let (name, lost) = (&data.spec.name, data.counts.steady_losses);
        let writes = if lost == 1 { "write" } else { "writes" };
        format!("Lost in the steady state: {lost} {writes} of {name}. No fault explains that: the drill is void.")
    }));
    if case.timeline.complete() {
        why.extend(incomplete_records(case, data));
    }
    why
}

fn ended_badly(case: &Case<'_>) -> Option<String> {
    match case.timeline.finished? {
        EndReason::BrokerDied => Some("A broker process ended though no fault asked for it.".to_owned()),
        EndReason::CloudDied => {
            Some("The cloud that the drill ran on stopped answering though no fault asked for it.".to_owned())
        }
        EndReason::RecordLost => Some("A file of the run could not be written.".to_owned()),
        _ => None,
    }
}

fn no_steady_state(case: &Case<'_>) -> Option<String> {
    match case.timeline.steady {
        Some((true, _)) => None,
        Some((false, detail)) => Some(format!(
            "There was no steady state to break: {detail}{}.",
            why_not_green(case)
        )),
        None => Some("The drill ended before there was a steady state.".to_owned()),
    }
}

/// What probes said that were red at last.
fn why_not_green(case: &Case<'_>) -> String {
    let mut words = String::new();
    for probe in &case.scenario.probes {
        let looks = case.timeline.looks(&probe.name);
        let known = looks.iter().rfind(|look| look.health != Health::Unknown);
        if known.is_some_and(|look| look.health == Health::Red) {
            let reasons = incidents::reasons_of(case, probe, DrillTime::ZERO, DrillTime::MAX);
            words.push_str(&why_red(&reasons));
        }
    }
    words
}

fn unproven(case: &Case<'_>, fault: &Fault) -> Option<String> {
    let run = case.fault_run(fault);
    let id = &fault.id;
    match run.and_then(|run| run.proven) {
        _ if run.is_none_or(|run| run.injected.is_none()) => Some(format!("Fault {id} was never injected.")),
        Some((true, _)) => None,
        Some((false, evidence)) => Some(format!("Fault {id} is not proven: {evidence}.")),
        None => Some(format!("Fault {id} is not proven: it was not verified.")),
    }
}

/// Probes and monitoring that told nothing since the first fault (or at all, where there was none).
fn silent_probes(case: &Case<'_>) -> Vec<String> {
    let mut silent = Vec::new();
    for probe in &case.scenario.probes {
        let serves = |name: &str| case.scenario.objectives.services.iter().any(|s| s.probe == name);
        let known = case.timeline.looks(&probe.name).iter().any(|look| {
            look.health != Health::Unknown && case.first_injection().is_none_or(|first| look.at >= first)
        });
        if serves(&probe.name) && !known {
            let since = if case.injections.is_empty() {
                ""
            } else {
                " since the first fault"
            };
            silent.push(format!("Probe {} produced no results{since}.", probe.name));
        }
    }
    if case.scenario.detection.is_some() && case.timeline.monitored == 0 {
        silent.push("The monitoring never ran.".to_owned());
    }
    silent
}

fn missing_audits(case: &Case<'_>, data: &[Data<'_>]) -> Vec<String> {
    let never = |id| case.timeline.audit(id).is_none_or(|run| run.complete.is_none());
    let audits = [(AuditId::A, "A"), (AuditId::B, "B")];
    let missing = audits.into_iter().filter(|(id, _)| never(*id));
    let mut missing: Vec<String> = missing
        .map(|(_, name)| format!("Audit {name} never ran to its end."))
        .collect();
    if missing.is_empty() && data.iter().any(|data| !data.was_read) {
        missing.push("Audit A left nothing in its record.".to_owned());
    }
    missing
}

/// What a complete run must have left.
fn incomplete_records(case: &Case<'_>, data: &[Data<'_>]) -> Vec<String> {
    let mut missing = Vec::new();
    let (ledger, audit) = case.timeline.sealed;
    for (sealed, file) in [(ledger, "ledger"), (audit, "audit")] {
        if !sealed && !data.is_empty() {
            missing.push(format!("The {file} was never sealed."));
        }
    }
    if case.timeline.clock.is_none() {
        missing.push("The clock never stated its error.".to_owned());
    }
    missing
}
