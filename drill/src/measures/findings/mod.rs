//! What the drill found beside its verdict, a sentence or two each.
//!
//! The verdict rests on objectives alone. Findings say what a reader of the plan should change, or know:
//! what it leaves out, windows that were missed, steps that failed, data that did not come back, targets that
//! contradict each other, figures that rest on assumptions.

mod data;
mod explain;
mod functions;
mod people;
mod recovery;
mod services;
mod steps;
mod targets;

pub(crate) use self::services::why_red;
use super::case::Case;
use super::data::Data;
use super::incidents::Incident;
use crate::audit::AuditRecord;
use crate::report::{Finding, Fleet, Severity};
use crate::scenario::{Source, Step};

/// Everything that findings are made from.
pub(crate) struct Evidence<'e, 'a> {
    pub(crate) case: &'e Case<'a>,
    pub(crate) incidents: &'e [Incident<'a>],
    pub(crate) data: &'e [Data<'a>],
    pub(crate) fleet: Option<&'e Fleet>,
    /// How the stores of two regions compare, at each audit.
    pub(crate) compared: Vec<&'e AuditRecord>,
}

/// All findings, the most severe first.
pub(crate) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(steps::findings(evidence));
    findings.extend(data::findings(evidence));
    findings.extend(recovery::findings(evidence));
    findings.extend(functions::findings(evidence));
    findings.extend(services::findings(evidence));
    findings.extend(targets::findings(evidence));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// The findings of an exercise without faults: what became of its steps.
pub(crate) fn of_exercise(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = steps::findings(&Evidence {
        case,
        incidents: &[],
        data: &[],
        fleet: None,
        compared: Vec::new(),
    });
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// A finding about the drill as a whole.
pub(crate) fn finding(severity: Severity, kind: &str, text: String) -> Finding {
    Finding {
        severity,
        kind: kind.to_owned(),
        text,
        step: None,
        service: None,
        fault: None,
        about: None,
        source: None,
    }
}

/// A finding that its kind and this identify: a data set, a bucket, a function, a probe.
pub(crate) fn about(severity: Severity, kind: &str, what: &str, text: String) -> Finding {
    Finding {
        about: Some(what.to_owned()),
        ..finding(severity, kind, text)
    }
}

/// A finding about a step, with the line of the plan where the scenario names it.
pub(crate) fn about_step(severity: Severity, kind: &str, step: &Step, text: String) -> Finding {
    Finding {
        step: Some(step.id.clone()),
        source: plan_line(&step.source),
        ..finding(severity, kind, text)
    }
}

/// Whether a step was taken to its end, well or not.
pub(crate) fn ran(case: &Case<'_>, step: &Step) -> bool {
    let end = case.step_run(step).and_then(|run| run.ended);
    end.is_some_and(|(_, end)| end.outcome.is_an_end())
}

/// `plan:151`, if it is the plan that says so.
fn plan_line(source: &Source) -> Option<String> {
    matches!(source, Source::Plan { .. }).then(|| source.to_string())
}

/// `1 write`, `47 writes`.
fn count(n: u64, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// A text as a sentence: with a full stop, unless it has one.
pub(super) fn sentence(text: &str) -> String {
    match text.ends_with(['.', '!', '?']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}
