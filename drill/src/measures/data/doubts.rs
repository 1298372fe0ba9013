//! Why a data set's figures are not to be relied on, a sentence each.

use super::Cuts;
use super::subject::Subject;
use crate::audit::AuditRecord;
use crate::journal::{AuditId, Component};
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
        doubts.push(format!(
            "audit A could not list {} {}",
            subject.noun(),
            subject.bucket
        ));
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

/// Saturated components that the data set depends on.
pub(super) fn of_saturation(case: &Case<'_>, kind: &DataKind) -> Vec<String> {
    let rests_on = |what: &Component| match (what, kind) {
        (Component::Probe(_), _) => false,
        (Component::Rule(name), DataKind::Stream { rule, .. }) => name == rule,
        (Component::Rule(_) | Component::Fleet, DataKind::Keyed { .. }) => false,
        (Component::Fleet, DataKind::Stream { .. }) | (Component::Function(_) | Component::Other(_), _) => {
            true
        }
    };
    let saturated = case.timeline.saturated.iter().filter(|(what, _)| rests_on(what));
    let mut doubts: Vec<String> = saturated
        .map(|(component, _)| format!("{component} was saturated"))
        .collect();
    doubts.sort();
    doubts.dedup();
    doubts
}
