//! Copies that the cloud made late.
//!
//! An S3 that has to be asked for each copy takes time that the emulated one would not have taken, and what is lost in
//! that time stands in a recovery point as if the plan had lost it. It is at most this much of it.

use super::case::Case;
use super::data::Data;
use super::findings::about;
use super::foreign::foreign;
use crate::report::{Finding, Severity};
use crate::units::{DrillTime, Span};

/// Where writes died of which the other region had no copy yet, or which could not be restored for want of one.
const FOR_WANT_OF_A_COPY: [&str; 2] = ["bucket", "replica"];

/// By how much late copies may have made the recovery point of this data set longer.
pub(super) fn in_recovery_point(case: &Case<'_>, data: &Data<'_>) -> Span {
    let counts = &data.counts;
    let uncopied = FOR_WANT_OF_A_COPY
        .iter()
        .any(|hop| counts.lost_by_hop.contains_key(hop));
    let Some(newest) = counts.newest.filter(|_| uncopied || counts.stale > 0) else {
        return Span::ZERO;
    };
    // What was due later can have cost none of these writes.
    let dated = data.worst().and_then(|worst| worst.at);
    let end = dated.map_or(newest.to, |at| at.max(newest.to));
    worst(case, data.spec.kind.store(), end)
}

/// How late the copies of a bucket were at worst, of those that were due by then.
fn worst(case: &Case<'_>, bucket: &str, by: DrillTime) -> Span {
    let of_bucket = |label: &str| {
        let rest = label.strip_prefix(bucket);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let late = case.timeline.late_copies.iter();
    late.filter(|(label, due, _)| of_bucket(label) && *due <= by)
        .map(|(_, _, late)| late.at_least_zero())
        .max()
        .unwrap_or_default()
}

/// `copies of programs were made up to 12m late by localstack`.
pub(super) fn describe(case: &Case<'_>, bucket: &str, late: Span) -> String {
    let cloud = foreign(case).unwrap_or("this cloud");
    format!("copies of {bucket} were made up to {late} late by {cloud}")
}

/// One for each bucket whose copies were later than figures of its data are exact to.
pub(super) fn findings(case: &Case<'_>, data: &[Data<'_>]) -> Vec<Finding> {
    let buckets = case.scenario.cloud.buckets().iter();
    let of = |label: &str| {
        let late = worst(case, label, DrillTime::MAX);
        let of_bucket = data.iter().filter(|data| data.spec.kind.store() == label);
        let resolution = of_bucket
            .map(|data| data.rpa.resolution)
            .min()
            .unwrap_or_default();
        (late > resolution).then(|| {
            let text = format!(
                "{}, which had to be asked for each: a recovery point that rests on them may be so much too long, and is \
                 given as inexact by as much.",
                capital(&describe(case, label, late))
            );
            about(Severity::Note, "copies_late", label, text)
        })
    };
    buckets.filter_map(|bucket| of(&bucket.label)).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
