//! The phases of the recovery: detect, declare, each runbook step, verify, failback, fleet back.
//!
//! ```text
//!  fault ──detect──► detected ──declare──► declared ──steps──► last step that acted ──verify──► green
//!    └───────────────────────── fleet 50 / 90 / 99 / 100 % ──────────────────►
//! ```

use super::case::Case;
use super::incidents::Incident;
use super::paths;
use super::provenance::{self, Shares};
use crate::report::{Fleet, Phase};
use crate::scenario::{DECLARE, Step};
use crate::units::{DrillTime, Span};

/// What the phase from the first fault until monitoring fired is called.
pub(super) const DETECT: &str = "detect";

/// What the phase from the last acting step to the closed incident is called, unless a step is called so.
const VERIFY: &str = "verify";
const VERIFY_BESIDE_A_STEP: &str = "verify health";

/// What the phase of the return is called, unless a step is called so.
const FAILBACK: &str = "failback";
const FAILBACK_BESIDE_A_STEP: &str = "failback in all";

/// All phases that began, in the order in which a recovery goes through them.
pub(crate) fn phases(case: &Case<'_>, incidents: &[Incident<'_>], fleet: Option<&Fleet>) -> Vec<Phase> {
    let Some(begin) = begin(case, incidents) else {
        return Vec::new();
    };
    let mut phases = Vec::new();
    if case.scenario.detection.is_some() {
        phases.push(phase(case, DETECT, begin, case.timeline.detected));
    }
    for step in &case.scenario.runbook {
        phases.extend(of_step(case, step));
    }
    phases.extend(verify(case, incidents));
    phases.extend(failback(case, incidents));
    let back = fleet.into_iter().flat_map(|fleet| &fleet.reconnected_s);
    let mut back: Vec<(u32, Option<f64>)> = back
        .filter_map(|(percent, seconds)| Some((percent.parse().ok()?, *seconds)))
        .collect();
    back.sort_by_key(|(percent, _)| *percent);
    let disconnected = fleet.and_then(|fleet| fleet.disconnected_by.as_deref());
    let injected = case
        .injections
        .iter()
        .find(|injection| Some(injection.fault.id.as_str()) == disconnected);
    if let Some(first) = injected.map(|injection| injection.at) {
        let end = |seconds: f64| first + Span::from_millis((seconds * 1_000.0).round() as i64);
        let of = |(percent, seconds): (u32, Option<f64>)| {
            let (end, name) = (seconds.map(end), format!("fleet {percent} %"));
            let shares = Shares::all_modelled(end.map_or(Span::ZERO, |end| end - first));
            with_shares(&name, first, end, shares)
        };
        phases.extend(back.into_iter().map(of));
    }
    phases
}

/// When the disaster began that the monitoring had to see: with the first incident that came of a fault.
pub(crate) fn begin(case: &Case<'_>, incidents: &[Incident<'_>]) -> Option<DrillTime> {
    let seen_by = case.timeline.detected.unwrap_or(DrillTime::MAX);
    let before = || {
        incidents
            .iter()
            .filter(|incident| incident.counts && incident.start <= seen_by)
    };
    // What was over by then is not what was seen, if anything else was there.
    let open = before().filter(|incident| {
        case.timeline
            .detected
            .is_none_or(|at| incident.end.is_none_or(|end| end >= at))
    });
    let open = open.map(|incident| incident.start).min();
    open.or(before().map(|incident| incident.start).max())
        .or(case.first_injection())
}

fn of_step(case: &Case<'_>, step: &Step) -> Option<Phase> {
    let run = case.step_run(step)?;
    let start = match (step.id.as_str(), case.timeline.detected) {
        // The declaration takes from detection on, whenever its step was begun.
        (DECLARE, Some(detected)) => run.start?.min(detected),
        _ => run.start?,
    };
    let Some((began, end)) = run.interval() else {
        return Some(phase(case, &step.id, start, None));
    };
    // The same figures as of the step; what lies before it, of the declaration, is modelled.
    let of_step = provenance::of_step(run);
    let before = Shares::all_modelled(began - start).shown_between(start, began);
    Some(Phase {
        name: step.id.clone(),
        start_s: start.as_secs_f64(),
        end_s: Some(end.as_secs_f64()),
        measured_s: of_step.measured,
        modelled_s: ((of_step.modelled + before.modelled) * 1_000.0).round() / 1_000.0,
        observed_s: of_step.observed,
    })
}

/// From the end of the last step that changed anything before the last service was back, to that.
fn verify(case: &Case<'_>, incidents: &[Incident<'_>]) -> Option<Phase> {
    let counted = || {
        incidents
            .iter()
            .filter(|incident| incident.counts && !incident.relapse && !incident.failback)
    };
    let green = if counted().any(|incident| incident.end.is_none()) {
        None
    } else {
        Some(counted().filter_map(|incident| incident.end).max()?)
    };
    let acting = case
        .scenario
        .runbook
        .iter()
        .filter(|step| paths::acts(case.scenario, step));
    let home = case.failback_began().unwrap_or(DrillTime::MAX);
    let ends = acting.filter_map(|step| case.step_run(step)?.interval().map(|(_, end)| end));
    let ends = ends.filter(|end| *end <= home);
    let start = ends.filter(|end| green.is_none_or(|green| *end <= green)).max()?;
    let taken = case.scenario.runbook.iter().any(|step| step.id == VERIFY);
    let name = if taken { VERIFY_BESIDE_A_STEP } else { VERIFY };
    Some(phase(case, name, start, green))
}

/// From the step with which services set out for home to the end of the last step after it and of the last
/// red on the way.
fn failback(case: &Case<'_>, incidents: &[Incident<'_>]) -> Option<Phase> {
    let (spec, start) = (
        case.scenario.objectives.failback.as_ref()?,
        case.failback_began()?,
    );
    let steps = case.scenario.runbook.iter();
    let steps = steps.filter(|step| step.id == spec.from || case.scenario.comes_before(&spec.from, step));
    let step_ends = steps.map(|step| case.step_run(step)?.interval().map(|(_, end)| end));
    let reds = incidents.iter().filter(|incident| incident.failback);
    let ends: Option<Vec<DrillTime>> = step_ends.chain(reds.map(|incident| incident.end)).collect();
    let end = ends.and_then(|ends| ends.into_iter().max());
    let taken = case.scenario.runbook.iter().any(|step| step.id == FAILBACK);
    let name = if taken { FAILBACK_BESIDE_A_STEP } else { FAILBACK };
    Some(phase(case, name, start, end))
}

fn phase(case: &Case<'_>, name: &str, start: DrillTime, end: Option<DrillTime>) -> Phase {
    let shares = end.map_or_else(Shares::default, |end| Shares::between(case, start, end));
    with_shares(name, start, end, shares)
}

fn with_shares(name: &str, start: DrillTime, end: Option<DrillTime>, shares: Shares) -> Phase {
    let seconds = match end {
        Some(end) => shares.shown_between(start, end),
        None => shares.in_seconds(),
    };
    Phase {
        name: name.to_owned(),
        start_s: start.as_secs_f64(),
        end_s: end.map(DrillTime::as_secs_f64),
        measured_s: seconds.measured,
        modelled_s: seconds.modelled,
        observed_s: seconds.observed,
    }
}
