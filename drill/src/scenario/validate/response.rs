//! Faults, detection and the runbook.

use super::order;
use crate::scenario::checks::{Checks, FaultCheck, StepCheck};
use crate::scenario::keys::holds_prefix;
use crate::scenario::{Reference, Step};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    faults(checks);
    detection(checks);
    let runbook = &checks.scenario.runbook;
    order::check(checks);
    for step in runbook {
        let path = step.path.clone();
        window(checks, step, &path);
        if let Some(spec) = step.action.spec() {
            spec.check(&mut StepCheck { checks, step, path });
        }
    }
    if runbook.is_empty() && !checks.given("runbook[0]") {
        checks.warn("runbook", "no steps: nothing is recovered".to_owned());
    }
}

fn faults(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.faults.is_empty() && !checks.given("faults[0]") && !s.exercise.is_without_faults() {
        checks.warn("faults", "no faults: no objective is exercised".to_owned());
    }
    for (n, fault) in s.faults.iter().enumerate() {
        // A repeated fault stands there once for each time.
        let (path, repeated) = checks.fault_path(n);
        if repeated {
            continue;
        }
        if let Some(aim) = fault.action.target_selector()
            && let Some(store) = s.cloud.store(aim.store)
            && !holds_prefix(s, store.label, aim.prefix)
        {
            let (noun, label, prefix) = (store.kind.noun, store.label, aim.prefix);
            let text = format!("no key of {noun} {label} begins with {prefix:?}, so that it has no target");
            checks.warn(&format!("{path}.prefix"), text);
        }
        if let Some(spec) = fault.action.spec() {
            spec.check(&mut FaultCheck { checks, path });
        }
    }
    overlaps(checks);
}

/// Two faults that cannot hold at once do not.
fn overlaps(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let window = |fault: &crate::scenario::Fault| {
        let from = fault.at.clock()?;
        Some((
            from,
            fault.for_.map_or(crate::units::Span::MAX, |lasts| from + lasts),
        ))
    };
    for (n, fault) in s.faults.iter().enumerate() {
        let Some((from, to)) = window(fault) else { continue };
        let occupied = fault.action.exclusive_resources(s);
        let clash = s.faults[..n].iter().find_map(|other| {
            let (other_from, other_to) = window(other)?;
            let shared = other
                .action
                .exclusive_resources(s)
                .into_iter()
                .find(|thing| occupied.contains(thing))?;
            (from < other_to && other_from < to && other.line != fault.line)
                .then_some((other, other_to, shared))
        });
        let Some((other, until, thing)) = clash else {
            continue;
        };
        let (path, _) = checks.fault_path(n);
        let found = format!("{}, while fault {} already holds {thing}", fault.at, other.id);
        let allowed = match until {
            crate::units::Span::MAX => {
                format!("earlier than {}, which does not end by itself", other.id)
            }
            until => format!("{until} or later, when {} is over", other.id),
        };
        checks.error(&format!("{path}.at"), found, &allowed);
    }
}

fn detection(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let starts_itself = s.exercise.is_without_faults();
    if s.detection.is_none() && !s.runbook.is_empty() && !checks.given("detection") && !starts_itself {
        let found = "a runbook without detection".to_owned();
        checks.error(
            "runbook",
            found,
            "`detection:` beside it, which is what starts the steps",
        );
    }
    if let (Some(detection), Some(probe)) =
        (&s.detection, s.detection.as_ref().and_then(|d| s.probe(&d.probe)))
        && detection.every < probe.every
    {
        let text = format!(
            "it asks every {}, but its probe gives a result every {}",
            detection.every, probe.every
        );
        checks.warn("detection.every", text);
    }
}

/// A window counts from something that comes before the step.
fn window(checks: &mut Checks<'_, '_, '_>, step: &Step, path: &str) {
    let Some(within) = &step.within else { return };
    let Reference::Step(from) = &within.counted_from else {
        return;
    };
    if !checks.comes_before(from, step) {
        let found = format!("{from:?}, which is not before step {}", step.id);
        let path = if checks.given(&format!("{path}.within.from")) {
            format!("{path}.within.from")
        } else {
            format!("{path}.from")
        };
        checks.error(
            &path,
            found,
            "fault, detection, declaration or the id of an earlier step",
        );
    }
}
