//! What the plan left out: clients that no step redirects, services without a procedure, devices that never
//! came back.

use super::{Evidence, about, finding, plan_line};
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::measures::injection::Injection;
use crate::report::{Finding, Severity};
use crate::scenario::{Discovery, Effect, IOT_NAME};
use crate::units::DrillTime;

pub(super) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let case = evidence.case;
    let incidents = || evidence.incidents.iter().filter(|incident| incident.counts);
    let mut findings: Vec<Finding> = incidents()
        .filter_map(|incident| no_procedure(case, incident))
        .collect();
    findings.extend(incidents().filter_map(|incident| never_moved(case, incident)));
    findings.extend(never_back(evidence));
    findings.extend(
        incidents()
            .filter(|incident| incident.failback)
            .map(on_the_way_home),
    );
    findings.dedup();
    findings
}

/// A service failed, and the runbook is empty.
fn no_procedure(case: &Case<'_>, incident: &Incident<'_>) -> Option<Finding> {
    let helped = incident.by_the_plan();
    (case.scenario.runbook.is_empty() && !helped).then(|| {
        let text = format!(
            "The plan has no procedure for this: it gives {} its targets, and no step that would bring it back.",
            incident.service.name
        );
        about_service(incident, Severity::Critical, "no_procedure", text)
    })
}

/// A service stayed red to the end, and its clients were left with a region that a fault had made unreachable.
fn never_moved(case: &Case<'_>, incident: &Incident<'_>) -> Option<Finding> {
    let elsewhere = case.scenario.cloud.regions.len() > 1;
    if incident.end.is_some() || !case.timeline.complete() || !elsewhere {
        return None;
    }
    let end = case.timeline.end;
    let left = |name: &&str| {
        let moved = case.timeline.moves.iter().any(|moved| moved.name == *name);
        !moved && unreachable_by(case, name, end).is_some()
    };
    let names: Vec<&str> = names_of(case, incident).into_iter().filter(left).collect();
    let first = *names.first()?;
    let (injection, region) = (unreachable_by(case, first, end)?, case.region_of(first, end)?);
    let sends = case.scenario.runbook.iter().find(|step| {
        let moves = step.action.moves(case.scenario);
        moves.is_some_and(|moves| moves.names.contains(&first))
    });
    let who = match sends {
        None => format!(
            "Nothing in the runbook sends clients of {} to another region",
            names.join(", ")
        ),
        Some(step) => format!(
            "Step {}, which is to send clients of {} to another region, did not",
            step.id,
            names.join(", ")
        ),
    };
    let text = format!(
        "{who}: {} was red to the end, as {first} still pointed to region {region}, which fault {} had made unreachable.",
        incident.service.name, injection.fault.id
    );
    Some(Finding {
        fault: Some(injection.fault.id.clone()),
        step: sends.map(|step| step.id.clone()),
        ..about_service(incident, Severity::Critical, "clients_not_moved", text)
    })
}

/// The names by which the clients of a service find it.
fn names_of<'a>(case: &Case<'a>, incident: &Incident<'a>) -> Vec<&'a str> {
    let probe = case.scenario.probe(&incident.service.probe);
    probe.map_or_else(Vec::new, |probe| case.names_of_probe(probe))
}

/// The fault that makes unreachable what a name points to at `at`, and has not ended by itself.
fn unreachable_by<'c, 'a>(case: &'c Case<'a>, name: &str, at: DrillTime) -> Option<&'c Injection<'a>> {
    let region = case.region_of(name, at)?;
    case.injections.iter().find(|injection| {
        let ended = case.fault_run(injection.fault).and_then(|run| run.ended);
        let impacts = injection.fault.action.impacts(case.scenario);
        let affects = impacts.iter().any(|impact| {
            impact.effect == Effect::MakesUnreachable && impact.resource.is_named(name, region)
        });
        affects
            && ended.is_none_or(|(at, by)| by == crate::journal::FaultEnd::Teardown || at > case.timeline.end)
    })
}

/// Devices that were connected at the fault and never were again.
fn never_back(evidence: &Evidence<'_, '_>) -> Option<Finding> {
    let (case, fleet) = (evidence.case, evidence.fleet?);
    let spec = case.scenario.fleet.as_ref()?;
    let back = |percent: &str| fleet.reconnected_s.get(percent).is_some_and(Option::is_some);
    if fleet.reconnected_s.is_empty() || back("100") || !case.timeline.complete() {
        return None;
    }
    let most = ["99", "90", "50"].into_iter().find(|percent| back(percent));
    let how_many = match most {
        Some(percent) => format!("Not all devices came back: {percent} % did"),
        None => "Fewer than half of the devices came back".to_owned(),
    };
    let finds = match spec.discovery {
        Some(Discovery::Hardcoded) => "their broker's address is in the firmware",
        Some(Discovery::Dns) => "they ask for their broker's name at each connect",
        Some(Discovery::List) => "a list of addresses is in the firmware",
        None => "they find their broker as their profile does",
    };
    let moved = case.timeline.moves.iter().rfind(|moved| moved.name == IOT_NAME);
    let moved = moved.map_or(String::new(), |moved| {
        format!(
            ", and step {} moved the name iot to region {}",
            moved.by, moved.to
        )
    });
    Some(about(
        Severity::Critical,
        "devices_not_back",
        "fleet",
        format!("{how_many}; {finds}{moved}."),
    ))
}

/// What the return cost a service.
fn on_the_way_home(incident: &Incident<'_>) -> Finding {
    let until = incident.end.map_or("was red to the end".to_owned(), |_| {
        format!("was red for {}", incident.length())
    });
    let text = format!(
        "On the way home {} {until}, from {} on.",
        incident.service.name, incident.start
    );
    about_service(incident, Severity::Warning, "red_in_failback", text)
}

fn about_service(incident: &Incident<'_>, severity: Severity, kind: &str, text: String) -> Finding {
    Finding {
        service: Some(incident.service.name.clone()),
        source: plan_line(&incident.service.source),
        ..finding(severity, kind, text)
    }
}
