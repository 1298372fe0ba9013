//! Why a data set's figures are not to be relied on, a sentence each.

use super::Cuts;
use super::subject::Subject;
use crate::audit::AuditRecord;
use crate::journal::AuditId;
use crate::measures::case::Case;
use crate::measures::recording::Recording;
use crate::scenario::DataKind;

/// What of audit A makes the figures unreliable.
pub(super) fn of_audit(
    case: &Case<'_>,
    recording: &Recording,
    cuts: Cuts,
    subject: &Subject<'_, '_>,
    unknown: u64,
) -> Vec<String> {
    let mut doubts = Vec::new();
    if cuts.a.is_none() {
        doubts.push("it was never read back".to_owned());
        return doubts;
    }
    let ended = |record: &AuditRecord| {
        matches!(
            record,
            AuditRecord::Ended {
                audit: AuditId::A,
                ..
            }
        )
    };
    if !recording.audit.iter().any(ended) {
        doubts.push("audit A did not come to its end".to_owned());
    }
    if subject.unlisted(AuditId::A) {
        doubts.push(format!("audit A could not list bucket {}", subject.bucket));
    }
    match case.timeline.audit(AuditId::A) {
        Some(run) if run.complete == Some(true) => {}
        Some(run) if !run.detail.is_empty() => {
            doubts.push(format!("audit A is not complete: {}", run.detail))
        }
        _ => doubts.push("audit A is not complete".to_owned()),
    }
    if unknown > 0 {
        doubts.push(format!("audit A could not read {unknown} of its writes"));
    }
    doubts
}

/// What of ours was at its limit, of that which the data set rests on.
pub(super) fn of_saturation(case: &Case<'_>, kind: &DataKind) -> Vec<String> {
    let rests_on = |what: &str| match (what.split_once(' '), kind) {
        (Some(("probe", _)), _) => false,
        (Some(("rule", name)), DataKind::Telemetry { rule, .. }) => name == rule,
        (Some(("rule", _)), DataKind::Objects { .. }) => false,
        (None, DataKind::Objects { .. }) if what == "fleet" => false,
        (Some(("writer", name)), kind) => {
            let writer = case.scenario.writers.iter().find(|writer| writer.name == name);
            writer.is_none_or(|writer| writer.bucket == kind.bucket())
        }
        _ => true,
    };
    let saturated = case.timeline.saturated.iter().filter(|(what, _)| rests_on(what));
    let mut doubts: Vec<String> = saturated
        .map(|(what, _)| format!("{what} was at its limit"))
        .collect();
    doubts.sort();
    doubts.dedup();
    doubts
}
