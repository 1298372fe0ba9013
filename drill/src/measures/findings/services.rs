//! Services and their devices: relapses, recoveries that are not the plan's doing, probes that could not tell.

use super::reasons::why_red;
use super::{Evidence, about, count, finding, sentence};
use crate::journal::{Component, EndReason, Health};
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::recovery::Stability;
use crate::report::{ClosedBy, Finding, Severity};
use crate::scenario::{Expect, IOT_NAME};
use crate::units::DrillTime;

pub(super) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let case = evidence.case;
    let mut findings: Vec<Finding> = evidence
        .incidents
        .iter()
        .flat_map(|incident| of_incident(case, incident))
        .collect();
    findings.extend(not_detected(case));
    findings.extend(unknown_results(case));
    findings.extend(devices_elsewhere(case));
    findings.extend(
        case.timeline
            .saturated
            .iter()
            .map(|(what, detail)| at_limit(what, detail)),
    );
    let warned = |text: &str| finding(Severity::Warning, "warning", sentence(text));
    findings.extend(case.timeline.warnings.iter().map(|text| warned(text)));
    findings.dedup();
    findings
}

/// Something of this machine or of the drill was saturated, so that figures that rest on it say more of it than of the plan.
fn at_limit(component: &Component, detail: &str) -> Finding {
    let text = sentence(&format!("{component} was saturated: {detail}"));
    about(Severity::Warning, "at_limit", &component.to_string(), text)
}

/// Devices that were never sent where their name points to by now.
fn devices_elsewhere(case: &Case<'_>) -> Vec<Finding> {
    let wanted = case.region_of(IOT_NAME, DrillTime::MAX).unwrap_or_default();
    let of = |(region, devices): (&str, u64)| {
        let text = format!(
            "{} still had a session with the broker of region {region} at the end, though {IOT_NAME} pointed to \
             {wanted}: existing connections survive a DNS change, and no step ended these.",
            count(devices, "device")
        );
        about(Severity::Warning, "devices_elsewhere", region, text)
    };
    case.devices_elsewhere().into_iter().map(of).collect()
}

fn of_incident(case: &Case<'_>, incident: &Incident<'_>) -> Vec<Finding> {
    let service = &incident.service.name;
    let mut texts = Vec::new();
    if !incident.counts {
        let until = incident
            .end
            .map_or("for good".to_owned(), |end| format!("to {end}"));
        texts.push((
            Severity::Note,
            "red_before_faults",
            format!(
                "{service} was red before any fault, from {} {until}.",
                incident.start
            ),
        ));
    }
    if incident.relapse {
        let why = match incident.fault {
            Some(injection) => format!("after fault {}", injection.fault.id),
            None => "though nothing new had broken".to_owned(),
        };
        texts.push((
            Severity::Critical,
            "relapse",
            format!(
                "{service} relapsed at {} {why}: it had been back.",
                incident.start
            ),
        ));
    }
    texts.extend(how_it_came_back(incident));
    if let Some(unstable) = incident.unstable.filter(|_| incident.counts) {
        let text = was_unstable(service, incident, &unstable);
        texts.push((Severity::Critical, "unstable", text));
    }
    if incident.counts && incident.service.expect == Expect::Unaffected {
        texts.push((
            Severity::Critical,
            "not_unaffected",
            format!("{service} went red though it was expected to stay untouched."),
        ));
    }
    if incident.end.is_none() {
        let severity = if case.timeline.complete() {
            Severity::Critical
        } else {
            Severity::Note
        };
        texts.push((
            severity,
            "still_red",
            format!(
                "{service} was still red at the end of the drill{}.",
                why_red(&incident.reasons)
            ),
        ));
    }
    let fault = incident.fault.map(|injection| injection.fault.id.clone());
    let of = |(severity, kind, text)| Finding {
        service: Some(service.clone()),
        fault: fault.clone(),
        ..finding(severity, kind, text)
    };
    texts.into_iter().map(of).collect()
}

/// A service that came back, and not, or not surely, by a step.
fn how_it_came_back(incident: &Incident<'_>) -> Vec<(Severity, &'static str, String)> {
    let service = &incident.service.name;
    let mut texts = Vec::new();
    if incident.provider_bound() && incident.service.expect != Expect::RideOut {
        let text = format!(
            "{service} came back when the fault ended by itself: the provider repaired it, not the plan."
        );
        texts.push((Severity::Warning, "provider_bound", text));
    }
    match incident.closed_by().filter(|_| incident.counts) {
        Some(ClosedBy::Itself) => texts.push((
            Severity::Warning,
            "recovered_by_itself",
            format!("{service} came back by itself: nothing that a step changed brought it back."),
        )),
        Some(ClosedBy::Ambiguous) => texts.push((
            Severity::Warning,
            "recovery_ambiguous",
            format!(
                "{service} came back when the fault ended by itself and step {} had changed something: which of the two \
                 brought it back cannot be told.",
                incident.closing.and_then(|closing| closing.step).unwrap_or_default()
            ),
        )),
        _ => {}
    }
    texts
}

/// It seemed to be back, and too many single results were red.
fn was_unstable(service: &str, incident: &Incident<'_>, unstable: &Stability) -> String {
    let until = match incident.end {
        Some(end) => format!("it counts as back from {end} on"),
        None => "it does not count as back".to_owned(),
    };
    format!(
        "{service} was unstable after its recovery: {} of {} results from {} on were red, more than in the steady state; \
         {until}.",
        unstable.red, unstable.known, unstable.from
    )
}

fn not_detected(case: &Case<'_>) -> Option<Finding> {
    let detection = case.scenario.detection.as_ref()?;
    let ran_on = case.timeline.finished != Some(EndReason::NoFaults) && !case.injections.is_empty();
    (ran_on && case.timeline.detected.is_none()).then(|| {
        let text = format!(
            "The monitoring never fired: {} failed checks of probe {} are required. The recovery would not \
             have begun.",
            detection.failing, detection.probe
        );
        about(Severity::Critical, "not_detected", &detection.probe, text)
    })
}

fn unknown_results(case: &Case<'_>) -> Vec<Finding> {
    let of = |(probe, looks): (&&str, &Vec<crate::measures::timeline::ProbeResult>)| {
        let unknown = looks.iter().filter(|look| look.health == Health::Unknown).count() as u64;
        (unknown > 0).then(|| {
            let text = format!(
                "{} of {} of probe {probe} tell nothing: this machine was late.",
                unknown,
                count(looks.len() as u64, "result")
            );
            about(Severity::Note, "results_unknown", probe, text)
        })
    };
    case.timeline.probes.iter().filter_map(of).collect()
}
