//! Text of data sets: what was lost, why, and how far it reaches back.

use drill::report::DataSet;

use super::numbers::{count, span};

/// Who destroyed writes: `step lose 1, fault loss 12`.
pub(crate) fn causes(set: &DataSet) -> String {
    let causes: Vec<String> = set
        .lost_by_cause
        .iter()
        .map(|cause| format!("{} {}", cause.cause, cause.count))
        .collect();
    causes.join(", ")
}

/// How many writes of a set did not come back as they were written.
pub(crate) fn damaged(set: &DataSet) -> u64 {
    set.lost.saturating_add(set.corrupted).saturating_add(set.stale)
}

/// How many writes of a set the audit found so; `not known` where it read none back.
pub(crate) fn found(set: &DataSet, n: u64) -> String {
    match (set.counted, n) {
        (0, 0) => "not known".to_owned(),
        (_, n) => count(n),
    }
}

/// How long the lost data reaches back: `40m 05s`, `at least 8d`, `nothing lost`, `not known`.
pub(crate) fn rpa(set: &DataSet) -> String {
    match (set.rpa_s, set.rpa_at_least_s) {
        (Some(_), _) if [set.lost, set.corrupted, set.stale, set.lost_in_failback] == [0; 4] => {
            "nothing lost".to_owned()
        }
        (Some(rpa), _) => span(rpa),
        (None, Some(bound)) => format!("at least {}", span(bound)),
        (None, None) => "not known".to_owned(),
    }
}
