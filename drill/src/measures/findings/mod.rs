//! What the drill found beside its verdict, a sentence or two each.
//!
//! The verdict rests on objectives alone. Findings say what a reader of the plan should change, or know:
//! what it leaves out, windows that were missed, steps that failed, data that did not come back, targets that
//! contradict each other, figures that rest on assumptions.

mod data;
mod explain;
mod functions;
mod recovery;
mod services;
mod steps;
mod targets;

pub(crate) use self::services::why_red;
use super::case::Case;
use super::data::Data;
use super::incidents::Incident;
use crate::audit::AuditRecord;
use crate::journal::Outcome;
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

/// A finding about the drill as a whole.
pub(crate) fn finding(severity: Severity, text: String) -> Finding {
    Finding {
        severity,
        text,
        step: None,
        service: None,
        fault: None,
        source: None,
    }
}

/// A finding about a step, with the line of the plan where the scenario names it.
pub(crate) fn about_step(severity: Severity, step: &Step, text: String) -> Finding {
    Finding {
        step: Some(step.id.clone()),
        source: plan_line(&step.source),
        ..finding(severity, text)
    }
}

/// Whether a step was taken to its end, well or not.
pub(crate) fn ran(case: &Case<'_>, step: &Step) -> bool {
    let end = case.step_run(step).and_then(|run| run.ended);
    end.is_some_and(|(_, end)| matches!(end.outcome, Outcome::Done | Outcome::Failed))
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
fn sentence(text: &str) -> String {
    match text.ends_with(['.', '!', '?']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}
