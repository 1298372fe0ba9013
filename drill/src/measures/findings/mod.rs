//! What the drill found beside its verdict, a sentence or two each.
//!
//! The verdict rests on objectives alone. Findings say what a reader of the plan should change, or know:
//! what it leaves out, windows that were missed, steps that failed, data that did not come back, targets that
//! contradict each other, figures that rest on assumptions.

mod data;
mod evidence;
mod explain;
mod functions;
mod people;
mod reasons;
mod recovery;
mod services;
mod steps;
mod targets;
mod text;

pub(crate) use self::evidence::Evidence;
pub(crate) use self::reasons::why_red;
pub(crate) use self::text::{about, about_step, count, finding, plan_line, ran, sentence};
use super::case::Case;
use crate::report::Finding;

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
