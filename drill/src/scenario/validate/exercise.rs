//! Whether anything exercises the objectives: what no fault touches is not tested, and the drill ends inconclusive.
//!
//! Only what can be known beforehand is said: a fault counts wherever steps may have moved names when it is injected,
//! and a script may do anything.

use crate::resource::ResourceId;
use crate::scenario::checks::Checks;
use crate::scenario::probes::Pointing;
use crate::scenario::{
    Detection, Effect, Exercise, Expect, FailbackObjective, Fault, Probe, Scenario, ServiceObjective, Step,
    Touches,
};
use crate::services::dns;

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    kind(checks);
    if !checks.whole() || s.faults.is_empty() || s.exercise.is_without_faults() {
        return;
    }
    if s.first_fault().is_none() {
        let text = "each fault waits for a step, and no step begins before detection fires, which needs a fault: none \
                    is ever injected; give one of them a time of its own";
        checks.warn("faults", text.to_owned());
        return;
    }
    for service in &s.objectives.services {
        let path = format!("objectives.services.{}", service.name);
        match service.expect {
            Expect::Unaffected => {}
            Expect::RideOut if ride_out(checks, service, &path) => {}
            Expect::None | Expect::RideOut => exercised(checks, service, &path),
        }
    }
    if let Some(detection) = &s.detection {
        detects(checks, detection);
    }
    if let Some(failback) = &s.objectives.failback {
        returns(checks, failback);
    }
}

/// What the kind of the exercise means here, where a reader may expect something else; and when injects come.
fn kind(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    if s.exercise == Exercise::Simulation {
        let text = "a simulation runs as a functional exercise does: its faults are injected into the emulated cloud";
        checks.warn("exercise", text.to_owned());
    }
    let begins = s.exercise_begins();
    for (n, inject) in s.injects.iter().enumerate() {
        let gives_up = begins + s.give_up;
        if checks.whole() && inject.at >= gives_up {
            let text = format!(
                "{}, when the drill has given up ({gives_up}): people are never told",
                inject.at
            );
            checks.warn(&format!("inject[{n}].at"), text);
        }
    }
}

/// What is to be ridden out ends by itself. Whether there was something to say.
fn ride_out(checks: &mut Checks<'_, '_, '_>, service: &ServiceObjective, path: &str) -> bool {
    let s = checks.scenario;
    let Some(probe) = s.probe(&service.probe) else {
        return false;
    };
    let ending = |fault: &&Fault| fault.for_.is_some();
    let text = if !s.faults.iter().any(|fault| ending(&fault)) {
        "no fault ends by itself (`for:`), so that there is nothing to ride out".to_owned()
    } else if turns_red(s, probe).any(|fault| fault.for_.is_none())
        && !turns_red(s, probe).any(|f| ending(&f))
    {
        format!(
            "no fault that affects {} ends by itself (`for:`), so that there is nothing to ride out",
            service.name
        )
    } else {
        return false;
    };
    checks.warn(&format!("{path}.expect"), text);
    true
}

fn exercised(checks: &mut Checks<'_, '_, '_>, service: &ServiceObjective, path: &str) {
    let s = checks.scenario;
    let remedy = "add a fault that does, or say `expect: unaffected`";
    if let Some(probe) = s.probe(&service.probe)
        && service.rto.is_some()
        && turns_red(s, probe).next().is_none()
    {
        let text = format!(
            "nothing exercises this RTO: no fault affects {}, which probe {} depends on; {remedy}",
            describe(&s.path_of_probe(probe)),
            probe.name
        );
        checks.warn(&format!("{path}.rto"), text);
    }
    let data = service.data.as_ref().and_then(|name| s.data_set(name));
    if let Some(data) = data
        && service.rpo.is_some()
    {
        let paths = everywhere(s, |pointing| s.path_of_data_at(data, pointing));
        if !s.faults.iter().any(|f| s.affects(f, &paths, Effect::breaks_data)) {
            let text = format!(
                "nothing exercises this RPO: no fault loses or damages data in {}, which {} depends on; {remedy}",
                describe(&s.path_of_data(data)),
                data.name
            );
            checks.warn(&format!("{path}.rpo"), text);
        }
    }
}

/// Detection starts the runbook, and only a failing probe starts detection.
fn detects(checks: &mut Checks<'_, '_, '_>, detection: &Detection) {
    let s = checks.scenario;
    let Some(probe) = s.probe(&detection.probe) else {
        return;
    };
    if !s.runbook.is_empty() && !turns_red(s, probe).any(|fault| fault.at.clock().is_some()) {
        let text = format!(
            "no step of the runbook ever begins: no fault affects {}, which probe {} depends on, so that detection does \
             not fire",
            describe(&s.path_of_probe(probe)),
            probe.name
        );
        checks.warn("detection.probe", text);
    }
}

/// A return home is exercised by steps that move names away and back.
fn returns(checks: &mut Checks<'_, '_, '_>, failback: &FailbackObjective) {
    let s = checks.scenario;
    let of_return = |step: &&Step| step.id == failback.from || s.comes_before(&failback.from, step);
    let scripted = |step: &Step| step.action.touches(s) == Touches::Anything;
    let moves = |step: &Step, home: bool| match step.action.moves(s) {
        Some(moves) => {
            let mut names = moves.names.into_iter();
            names.any(|name| (s.home_of(name) == Some(moves.to)) == home)
        }
        None => scripted(step),
    };
    let (back, before): (Vec<&Step>, Vec<&Step>) = s.runbook.iter().partition(of_return);
    let path = "objectives.failback.from";
    if !back.iter().any(|step| moves(step, true)) {
        let text = format!(
            "nothing exercises the failback: neither {} nor a step after it moves a name to its home region \
             (dns.failover)",
            failback.from
        );
        checks.warn(path, text);
    } else if !before.iter().any(|step| moves(step, false)) {
        let text = format!(
            "nothing exercises the failback: no step outside of it moves a name to another region (dns.failover), so \
             that there is nothing to return from before {}",
            failback.from
        );
        checks.warn(path, text);
    }
}

/// The faults that can turn a probe red.
pub(super) fn turns_red<'s>(s: &'s Scenario, probe: &'s Probe) -> impl Iterator<Item = &'s Fault> {
    let path = everywhere(s, |pointing| s.path_of_probe_at(probe, pointing));
    s.faults
        .iter()
        .filter(move |fault| s.affects(fault, &path, Effect::turns_red) && may_be_sampled(fault, probe))
}

/// Whether a probe can come across a key that the fault aims at.
fn may_be_sampled(fault: &Fault, probe: &Probe) -> bool {
    match (probe.kind.sample(), fault.action.target_selector()) {
        (Some(sample), Some(aim)) => {
            aim.prefix.starts_with(sample.prefix) || sample.prefix.starts_with(aim.prefix)
        }
        _ => true,
    }
}

/// What a path goes through at home, and wherever steps may move names.
fn everywhere<'s>(
    s: &'s Scenario,
    path: impl Fn(&Pointing<'s, '_>) -> Vec<ResourceId<'s>>,
) -> Vec<ResourceId<'s>> {
    let mut all = path(&|name| s.home_of(name));
    for step in &s.runbook {
        let Some(moves) = step.action.moves(s) else {
            continue;
        };
        all.extend(path(&|name| {
            if moves.names.contains(&name) {
                Some(moves.to)
            } else {
                s.home_of(name)
            }
        }));
        all.push(dns::NAMES);
    }
    all
}

/// `bucket programs and function ingest in primary`, as far as they differ.
fn describe(path: &[ResourceId<'_>]) -> String {
    let all: Vec<String> = path.iter().map(ToString::to_string).collect();
    match all.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        all => all.concat(),
    }
}
