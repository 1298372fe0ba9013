//! The expected verdict: its reason is given, names objectives that there are, and does not contradict the verdict.

use crate::report::Verdict;
use crate::scenario::checks::Checks;
use crate::scenario::{Because, ProtectionObjective, Scenario, nearest};

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let scenario = checks.scenario;
    let Some(expectation) = &scenario.expect else {
        return;
    };
    match (&expectation.because, expectation.verdict) {
        (None, Verdict::Fail) if !checks.given("expect.because") => no_reason(checks),
        (None, Verdict::Inconclusive)
            if !scenario.exercise.is_without_faults() && !checks.given("expect.because") =>
        {
            nothing_open(checks, "expect.because");
        }
        (None, _) => {}
        (Some(because), verdict) => {
            if verdict == Verdict::Inconclusive
                && because.open.is_none()
                && !checks.given("expect.because.open")
            {
                nothing_open(checks, "expect.because.open");
            }
            errors(checks, because);
            let known = objectives(scenario);
            names(checks, "missed", &because.missed, &known);
            names(
                checks,
                "open",
                because.open.as_deref().unwrap_or_default(),
                &known,
            );
            both(checks, because);
            contradiction(checks, because, verdict);
        }
    }
}

fn no_reason(checks: &mut Checks<'_, '_, '_>) {
    let hint = "name the objectives that are missed: because: {missed: [\"<service> rto\"]}".to_owned();
    checks.error_with(
        "expect.because",
        "a verdict of fail without `because`".to_owned(),
        "the reason for which the drill fails, since a failure for any other reason is not expected",
        Some(hint),
    );
}

/// A drill can stay open for many reasons, most of which are never an expected result.
fn nothing_open(checks: &mut Checks<'_, '_, '_>, path: &str) {
    let hint = "name them: because: {open: [\"<service> rto\"]}".to_owned();
    checks.error_with(
        path,
        "a verdict of inconclusive that does not say what stays open".to_owned(),
        "the objectives that stay open, since a drill that cannot tell for any other reason is not expected",
        Some(hint),
    );
}

/// Errors are those of steps that there are.
fn errors(checks: &mut Checks<'_, '_, '_>, because: &Because) {
    let steps: Vec<&str> = checks
        .scenario
        .runbook
        .iter()
        .map(|step| step.id.as_str())
        .collect();
    for (step, _) in &because.errors {
        if !steps.contains(&step.as_str()) {
            let hint = nearest(step, steps.iter().copied());
            checks.error_with(
                &format!("expect.because.errors.{step}"),
                format!("{step:?}"),
                "the id of a step",
                hint,
            );
        }
    }
}

/// The objectives that a report of the scenario can name.
fn objectives(scenario: &Scenario) -> Vec<String> {
    let objectives = &scenario.objectives;
    let mut known = Vec::new();
    for service in &objectives.services {
        let targets = [("rto", service.rto), ("rpo", service.rpo), ("mtd", service.mtd)];
        let given = targets.iter().filter(|(_, target)| target.is_some());
        known.extend(given.map(|(metric, _)| format!("{} {metric}", service.name)));
    }
    if objectives.services.iter().any(|service| service.mtd.is_none()) {
        known.push("* mtd".to_owned());
    }
    if objectives.failback.is_some() {
        known.push("* failback".to_owned());
    }
    if objectives.protection == ProtectionObjective::Judge {
        known.push("* protection".to_owned());
    }
    known
}

fn names(checks: &mut Checks<'_, '_, '_>, field: &str, named: &[String], known: &[String]) {
    // A service that could not be read is not among those that are known.
    let unread = |error: &crate::scenario::Diagnostic| error.path.starts_with("objectives");
    if checks.context.errors.iter().any(unread) {
        return;
    }
    let list = format!("expect.because.{field}");
    for (n, name) in named.iter().enumerate() {
        let path = checks.context.item_path(&list, n);
        if !known.contains(name) {
            let allowed = format!("an objective of the scenario: {}", known.join(", "));
            let hint = nearest(name, known.iter().map(String::as_str));
            checks.error_with(&path, format!("{name:?}"), &allowed, hint);
        } else if named[..n].contains(name) {
            checks.error(&path, format!("{name:?} again"), "each objective once");
        }
    }
}

/// An objective is either missed or open.
fn both(checks: &mut Checks<'_, '_, '_>, because: &Because) {
    let open = because.open.as_deref().unwrap_or_default();
    for (n, name) in open.iter().enumerate() {
        if because.missed.contains(name) {
            let path = checks.context.item_path("expect.because.open", n);
            checks.error(
                &path,
                format!("{name:?}, which is in `missed`, too"),
                "an objective that is not missed",
            );
        }
    }
}

/// A verdict follows from its objectives: any that is missed makes it fail, and any that is open is no pass.
fn contradiction(checks: &mut Checks<'_, '_, '_>, because: &Because, verdict: Verdict) {
    match verdict {
        Verdict::Fail if because.missed.is_empty() && !checks.context.failed("expect.because.missed") => {
            checks.error(
                "expect.because.missed",
                "a verdict of fail that misses no objective".to_owned(),
                "at least one objective",
            );
        }
        Verdict::Pass | Verdict::Inconclusive if !because.missed.is_empty() => {
            checks.error(
                "expect.because.missed",
                "missed objectives of a drill that is not expected to fail".to_owned(),
                "`verdict: fail`, or no `missed`",
            );
        }
        Verdict::Pass if because.open.as_ref().is_some_and(|open| !open.is_empty()) => {
            checks.error(
                "expect.because.open",
                "open objectives of a drill that is expected to pass".to_owned(),
                "`verdict: inconclusive`, or no `open`",
            );
        }
        _ => {}
    }
}
