//! What the pictures show besides the report.

use super::case::Case;
use super::incidents::Incident;
use crate::report::{Charts, Deadline, ProbeSeries, RecoveryPoint, StepOutput, Window};
use crate::scenario::{Probe, ServiceObjective, Step};

/// Everything that charts are drawn from.
pub(crate) fn charts(case: &Case<'_>, incidents: &[Incident<'_>]) -> Charts {
    let scenario = case.scenario;
    Charts {
        probes: scenario.probes.iter().map(|probe| series(case, probe)).collect(),
        fleet: case.timeline.fleet.clone(),
        detected: case.timeline.detected,
        declared: case.declared(),
        end: case.timeline.end,
        deadlines: deadlines(case, incidents),
        windows: windows(case),
        recovery_points: scenario
            .objectives
            .services
            .iter()
            .filter_map(recovery_point)
            .collect(),
        outputs: scenario
            .runbook
            .iter()
            .filter_map(|step| output(case, step))
            .collect(),
    }
}

/// What the commands of a step wrote, if they wrote anything.
fn output(case: &Case<'_>, step: &Step) -> Option<StepOutput> {
    let run = case.step_run(step)?;
    let line = |(stream, text): &(&str, &str)| ((*stream).to_owned(), (*text).to_owned());
    (!run.output.is_empty()).then(|| StepOutput {
        step: step.id.clone(),
        lines: run.output.iter().map(line).collect(),
    })
}

fn series(case: &Case<'_>, probe: &Probe) -> ProbeSeries {
    let services = case
        .scenario
        .objectives
        .services
        .iter()
        .filter(|service| service.probe == probe.name);
    ProbeSeries {
        name: probe.name.clone(),
        services: services.map(|service| service.name.clone()).collect(),
        results: case
            .timeline
            .looks(&probe.name)
            .iter()
            .map(|look| (look.at, look.health))
            .collect(),
    }
}

/// The RTO of each service from its worst incident on, or from the first fault; the MTD from the first
/// fault on; that of the failback from the worst red on the way home, if there was any.
fn deadlines(case: &Case<'_>, incidents: &[Incident<'_>]) -> Vec<Deadline> {
    let Some(first) = case.first_injection() else {
        return Vec::new();
    };
    let rto = |service: &ServiceObjective| {
        let theirs = incidents.iter().filter(|incident| {
            incident.counts && !incident.failback && incident.service.name == service.name
        });
        let worst = theirs.max_by_key(|incident| incident.length());
        Some(Deadline {
            label: format!("{} RTO", service.name),
            from: worst.map_or(first, |incident| incident.start),
            target: service.rto?,
        })
    };
    let objectives = &case.scenario.objectives;
    let mtd = Deadline {
        label: "MTD".to_owned(),
        from: first,
        target: objectives.mtd,
    };
    let failback = objectives.failback.as_ref().and_then(|failback| {
        let theirs = incidents.iter().filter(|incident| incident.failback);
        let worst = theirs.max_by_key(|incident| incident.length())?;
        Some(Deadline {
            label: "failback RTO".to_owned(),
            from: worst.start,
            target: failback.rto,
        })
    });
    let rtos = objectives.services.iter().filter_map(rto);
    rtos.chain([mtd]).chain(failback).collect()
}

fn windows(case: &Case<'_>) -> Vec<Window> {
    let window = |step: &Step| {
        let (opens, closes) = case.window(step)?;
        Some(Window {
            step: step.id.clone(),
            opens,
            closes,
        })
    };
    case.scenario.runbook.iter().filter_map(window).collect()
}

fn recovery_point(service: &ServiceObjective) -> Option<RecoveryPoint> {
    Some(RecoveryPoint {
        service: service.name.clone(),
        data: service.data.clone()?,
        target: service.rpo?,
    })
}
