//! What a drill knows of the remedy of a finding: where in the plan to look, and what has to come out. The rest is for people.

use drill::report::{Finding, Report, Severity, Step};

use super::span;

/// The action that looks whether all is as it was.
const VERIFICATION: &str = "s3.verify_integrity";

/// What a drill knows of it; nothing where it knows nothing, and of notes, which ask for nothing.
pub(crate) fn remedy(report: &Report, finding: &Finding) -> Option<String> {
    if finding.severity == Severity::Note {
        return None;
    }
    let step = finding.step.as_ref();
    let step = step.and_then(|id| report.steps.iter().find(|step| step.id == *id))?;
    let place = match &finding.source {
        Some(source) => format!("step {} ({source})", step.id),
        None => format!("step {}", step.id),
    };
    match finding.kind.as_str() {
        "window_missed" => late(step)
            .map(|late| format!("Extend the window of {place} by {late}, or shorten the step by as much.")),
        "told_late" => Some(format!(
            "Send this message earlier than {place} does, or agree on a later deadline."
        )),
        // A check that found something did its work.
        "step_failed" if step.action == VERIFICATION => Some(format!(
            "Find out why the data that {place} checked was damaged, correct the steps before it, and drill it again."
        )),
        "step_failed" => Some(format!(
            "Correct {place} so that it comes to its end, and drill it again."
        )),
        "step_not_started" | "step_interrupted" => Some(format!(
            "Correct the steps that {place} depends on, so that it starts."
        )),
        _ => None,
    }
}

fn late(step: &Step) -> Option<String> {
    step.late_s.map(span)
}
