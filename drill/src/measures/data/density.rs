//! Whether a data set's writes come densely enough to judge an RPO on them.
//!
//! All producers together must write at intervals of at most RPO/20, over at least 2 × RPO before the
//! fault that dates the loss. Telemetry is dated by its epochs' beginnings.

use crate::units::{DrillTime, Span};

/// Writes must come at intervals of at most this part of the RPO,
const INTERVALS: i64 = 20;
/// over at least this many times the RPO.
const DEPTH: i64 = 2;

/// Why an RPO cannot be judged on writes produced at these instants (in order), if it cannot.
pub(crate) fn too_thin(produced: &[DrillTime], fault: DrillTime, rpo: Span) -> Option<String> {
    let limit = rpo.divided(INTERVALS);
    let needed = fault - rpo.times(DEPTH);
    let before = &produced[..produced.partition_point(|at| *at < fault)];
    let mut dense_from = fault;
    for at in before.iter().rev() {
        if dense_from <= needed {
            break;
        }
        let gap = dense_from - *at;
        if gap > limit && *at <= needed {
            break;
        }
        if gap > limit {
            return Some(format!(
                "its writes are up to {gap} apart ({at} to {dense_from}), which may be at most RPO/20 ({limit}) \
                 over 2 × RPO before the fault"
            ));
        }
        dense_from = *at;
    }
    (dense_from > needed).then(|| {
        let covered = fault - dense_from;
        format!(
            "its writes reach back {covered} before the fault only, 2 × RPO ({}) are needed",
            rpo.times(DEPTH)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(step: i64, from: i64, to: i64) -> Vec<DrillTime> {
        (0..)
            .map(|n| from + n * step)
            .take_while(|at| *at < to)
            .map(DrillTime::from_secs)
            .collect()
    }

    fn thin(produced: &[DrillTime]) -> bool {
        // RPO 200 s: intervals of at most 10 s, over at least 400 s.
        too_thin(produced, DrillTime::from_secs(1000), Span::from_secs(200)).is_some()
    }

    #[test]
    fn intervals_and_depth_both_count() {
        assert!(!thin(&every(10, 600, 1000)));
        assert!(thin(&every(11, 0, 1000)));
        assert!(thin(&every(10, 610, 1000)), "ten seconds short of 2 × RPO");
        assert!(thin(&every(10, 0, 990)), "a gap of 20 s before the fault");
        assert!(thin(&[]));
    }

    #[test]
    fn only_the_time_before_the_fault_counts() {
        let mut produced = every(100, 0, 600);
        produced.extend(every(10, 600, 1000));
        assert!(
            !thin(&produced),
            "what lies further back may be as thin as it likes"
        );
        assert!(thin(&every(10, 1000, 2000)));
    }
}
