//! How late something answers: always the same, or as a distribution.

use crate::scenario::decode::{Fields, Kind, Record, Table, Written, duration, either};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::units::Span;

/// A lateness in drill time: log-normal by these percentiles, constant where they are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The median.
    pub p50: Span,
    /// The 99th percentile, at least the median.
    pub p99: Span,
}

impl Table for Latency {
    const DOC: &'static str = "A latency as a distribution (log-normal).";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let p50 = f.required("p50", "The median.", duration(INSTANT, LONGEST));
        let p99 = f.required("p99", "The 99th percentile.", duration(INSTANT, LONGEST));
        let (p50, p99) = (p50?, p99?);
        if p99 < p50 {
            f.wrong(
                "p99",
                format!("{p99}, which is below p50 ({p50})"),
                "at least p50",
                None,
            );
        }
        Some(Latency { p50, p99 })
    }
}

/// `2s`, or `{p50: 1s, p99: 10s}`.
pub(crate) fn latency() -> impl Kind<Out = Latency> {
    let constant = duration(INSTANT, LONGEST);
    let constant = Written {
        allowed: constant.allowed,
        pattern: constant.pattern,
        number: constant.number,
        parse: Box::new(move |text: &str| {
            let span = (constant.parse)(text)?;
            Ok(Latency { p50: span, p99: span })
        }),
    };
    either(Record::<Latency>::new(), constant)
}
