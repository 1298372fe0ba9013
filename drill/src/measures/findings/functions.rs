//! Functions: events that failed for good, and what became of them. Programs that devices could not use.

use super::{Evidence, about, count};
use crate::journal::{FunctionCounters, ProgramCounters, StepOutcome};
use crate::measures::case::Case;
use crate::report::{Finding, Severity};
use crate::scenario::LambdaRedrive;

pub(super) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let case = evidence.case;
    let counters = case.timeline.functions.values();
    let mut findings: Vec<Finding> = counters
        .flat_map(|counters| of_function(case, counters))
        .collect();
    let programs = case.timeline.programs.values();
    findings.extend(programs.filter_map(|program| of_program(program)));
    findings
}

/// A program that reached devices and was of no use there.
fn of_program(program: &ProgramCounters) -> Option<Finding> {
    let text = || {
        format!(
            "Program {} did not arrive whole, or did not run well, on {} of the sample that received it.",
            program.program,
            count(program.failed, "device")
        )
    };
    (program.failed > 0).then(|| about(Severity::Warning, "program_failed", &program.program, text()))
}

fn of_function(case: &Case<'_>, counters: &FunctionCounters) -> Vec<Finding> {
    let name = format!("{} in region {}", counters.function, counters.region);
    let place = format!("{}/{}", counters.function, counters.region);
    let told = |severity, kind: &str, text| about(severity, kind, &place, text);
    let mut findings = Vec::new();
    if counters.dropped > 0 {
        let events = count(counters.dropped, "event");
        let text = format!(
            "{events} of {name} failed for good and were not sent to a destination: they cannot be invoked again."
        );
        findings.push(told(Severity::Critical, "events_dropped", text));
    }
    if counters.to_destination > 0 {
        findings.push(to_destination(case, counters, &name, &place));
    }
    if counters.waiting > 0 {
        let events = count(counters.waiting, "event");
        let text = format!("{events} of {name} were still waiting at the end of the drill.");
        findings.push(told(Severity::Warning, "events_waiting", text));
    }
    if counters.throttled > 0 {
        let text = format!(
            "{} of {name} were throttled.",
            count(counters.throttled, "invocation")
        );
        findings.push(told(Severity::Note, "invocations_throttled", text));
    }
    findings
}

/// What failed for good, and which step took it up again.
fn to_destination(case: &Case<'_>, counters: &FunctionCounters, name: &str, place: &str) -> Finding {
    let events = count(counters.to_destination, "event");
    let text = format!("{events} of {name} failed for good and went to its on-failure destination");
    let redrives = case.scenario.runbook.iter().filter(|step| {
        let redrive = step.action.get::<LambdaRedrive>();
        redrive.is_some_and(|redrive| redrive.function == counters.function)
    });
    let mut taken = redrives.filter_map(|step| {
        let (_, end) = case.step_run(step)?.ended?;
        (end.outcome == StepOutcome::Done).then_some((step, end))
    });
    match taken.next_back() {
        Some((step, end)) => {
            let found = end.detail.as_deref().unwrap_or("it invoked them again");
            let text = format!("{text}; step {}: {found}.", step.id);
            super::about_step(Severity::Note, "events_redriven", step, text)
        }
        None => about(
            Severity::Critical,
            "events_not_redriven",
            place,
            format!("{text}, where they still are: no step invoked them again."),
        ),
    }
}
