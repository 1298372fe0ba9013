//! The targets: whether they contradict each other, and whether the drill lasts long enough to tell.

use super::exercise::turns_red;
use crate::scenario::checks::Checks;
use crate::scenario::{Durations, Expect, Fault, Scenario, ServiceObjective, Step, Wait};
use crate::units::Span;

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let objectives = &checks.scenario.objectives;
    if objectives.services.is_empty() && checks.whole() {
        let found = "no service".to_owned();
        checks.error(
            "objectives.services",
            found,
            "at least one service with an rto or an rpo",
        );
    }
    for service in &objectives.services {
        let path = format!("objectives.services.{}", service.name);
        complete(checks, &path);
        contradictions(checks, service, &path);
    }
    if checks.whole() {
        lasting(checks);
    }
}

fn complete(checks: &mut Checks<'_, '_, '_>, path: &str) {
    let given = |field: &str| checks.given(&format!("{path}.{field}"));
    if !given("rto") && !given("rpo") {
        checks.error(path, "neither rto nor rpo".to_owned(), "at least one of them");
    } else if given("rpo") && !given("data") {
        checks.error(
            path,
            "an rpo without data".to_owned(),
            "`data:` with what its writes are",
        );
    }
}

/// A plan's own targets may contradict each other, which the drill says and measures all the same.
fn contradictions(checks: &mut Checks<'_, '_, '_>, service: &ServiceObjective, path: &str) {
    let objectives = &checks.scenario.objectives;
    let (Some(rto), wrt) = (service.rto, objectives.wrt) else {
        return;
    };
    let mtd = service.mtd.unwrap_or(objectives.mtd);
    if mtd < rto + wrt {
        let text = format!("the MTD ({mtd}) is below RTO + WRT ({rto} + {wrt}): both cannot be planned for");
        let field = if service.mtd.is_some() { "mtd" } else { "rto" };
        checks.warn(&format!("{path}.{field}"), text);
    }
}

/// How long a drill must last, from its first fault, to tell whether a target is met.
struct Needed {
    /// The target, for messages.
    target: String,
    /// Its length.
    limit: Span,
    /// When it begins to count, from the first fault.
    begins: Span,
    /// Why it begins then, unless it begins with the first fault.
    why: String,
}

/// A service that is red when the drill gives up has failed. Before its RTO is over nothing says that it would have.
fn lasting(checks: &mut Checks<'_, '_, '_>) {
    let s = checks.scenario;
    let needed = s
        .objectives
        .services
        .iter()
        .filter_map(|service| of_service(s, service))
        .chain(of_failback(s));
    // Of several the first of those that need most.
    let Some(most) = needed.reduce(|most, one| if one.whole() > most.whole() { one } else { most }) else {
        return;
    };
    if s.give_up >= most.whole() {
        return;
    }
    let (path, default) = if checks.given("give_up") {
        ("give_up", "")
    } else {
        ("objectives.mtd", ", which `give_up` is by default")
    };
    let (target, limit) = (&most.target, most.limit);
    let found = match most.begins {
        Span::ZERO => format!("{}{default}, below the {target} ({limit})", s.give_up),
        begins => format!(
            "{}{default}: of it {} are left from {} on, {begins} after the first fault, below the {target} ({limit})",
            s.give_up,
            (s.give_up - begins).at_least_zero(),
            most.why
        ),
    };
    let found = format!("{found}: the drill could not tell whether it is met");
    let allowed = format!("at least {}, from the first fault", most.whole());
    let hint = format!(
        "`give_up: {}` also lets a recovery at the last moment hold for stable_for",
        written(most.whole() + s.stable_for)
    );
    checks.error_with(path, found, &allowed, Some(hint));
}

impl Needed {
    fn whole(&self) -> Span {
        self.begins + self.limit
    }
}

/// An RTO counts from the fault that turned the service red, be it the last; where the service is to ride it out, from
/// that fault's end.
fn of_service(s: &Scenario, service: &ServiceObjective) -> Option<Needed> {
    let limit = service.rto?;
    let first = s.first_fault().unwrap_or_default();
    let begins = |fault: &Fault| match service.expect {
        // One single red result is a miss, whatever the RTO.
        Expect::Unaffected => None,
        Expect::None => Some(fault.at.clock()? - first),
        Expect::RideOut => Some(fault.at.clock()? + fault.for_.unwrap_or_default() - first),
    };
    let faults = s
        .probe(&service.probe)
        .into_iter()
        .flat_map(|probe| turns_red(s, probe));
    // A fault that comes too late to be injected is an error of its own.
    let in_time = |fault: &&Fault| fault.at.clock().is_some_and(|at| at - first < s.give_up);
    let last = faults
        .filter(in_time)
        .filter_map(|fault| Some((begins(fault)?, fault)))
        .max_by_key(|(begins, _)| *begins);
    let (begins, why) = last.map_or_else(Default::default, |(begins, fault)| match service.expect {
        Expect::RideOut => (begins, format!("the end of fault {}", fault.id)),
        _ => (begins, format!("fault {}", fault.id)),
    });
    Some(Needed {
        target: format!("RTO of {}", service.name),
        limit,
        begins,
        why,
    })
}

/// The return home begins once the steps before it are done, which takes at least what is modelled of them.
fn of_failback(s: &Scenario) -> Option<Needed> {
    let failback = s.objectives.failback.as_ref()?;
    let circular = |step: &Step| s.comes_before(&step.id, step);
    if s.runbook.iter().any(circular) {
        return None;
    }
    let mut ends: Vec<Span> = vec![Span::ZERO; s.runbook.len()];
    let begin = |step: &Step, ends: &[Span]| {
        let end = |id: &String| s.runbook.iter().position(|step| step.id == *id).map(|n| ends[n]);
        step.after.iter().filter_map(end).max().unwrap_or_default()
    };
    // Steps may stand before those that they come after.
    loop {
        let before = ends.clone();
        for (n, step) in s.runbook.iter().enumerate() {
            ends[n] = begin(step, &ends) + modelled(s, step);
        }
        if ends == before {
            break;
        }
    }
    let begins = begin(s.step(&failback.from)?, &ends);
    Some(Needed {
        target: "RTO of the failback".to_owned(),
        limit: failback.rto,
        begins,
        why: format!("step {}", failback.from),
    })
}

/// What a step takes at least, as it is modelled.
fn modelled(s: &Scenario, step: &Step) -> Span {
    let takes = step
        .takes
        .as_ref()
        .map_or(Span::ZERO, |takes| match s.clock.durations {
            Durations::P95 => takes.p95(),
            Durations::P50 => takes.p50(),
            Durations::Draw => takes.least(),
        });
    let waits = step.action.get::<Wait>().map_or(Span::ZERO, |wait| wait.for_);
    takes + waits
}

/// As it is written in a scenario: without spaces.
fn written(span: Span) -> String {
    span.to_string().replace(' ', "")
}
