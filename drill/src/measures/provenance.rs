//! Where a duration comes from: work done here (measured), a person (observed), all else (modelled).
//!
//! Only a step's own guards measure, and only a step has a person at work. What nobody measured and no
//! person took, waiting in drill time included, counts as modelled, so that the three always add up.

use super::case::Case;
use crate::report::Seconds;
use crate::units::{DrillTime, Span};

/// The three parts of a duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shares {
    pub(crate) measured: Span,
    pub(crate) modelled: Span,
    pub(crate) observed: Span,
}

/// A duration and its parts in seconds, rounded so that they still add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct SharesInSeconds {
    pub(crate) whole: Seconds,
    pub(crate) measured: Seconds,
    pub(crate) modelled: Seconds,
    pub(crate) observed: Seconds,
}

impl Shares {
    /// All of it modelled.
    pub(crate) fn all_modelled(whole: Span) -> Shares {
        Shares {
            modelled: whole,
            ..Shares::default()
        }
    }

    /// The parts of the time between two instants.
    pub(crate) fn between(case: &Case<'_>, from: DrillTime, to: DrillTime) -> Shares {
        let whole = (to - from).at_least_zero();
        let (mut measured, mut observed) = (Span::ZERO, Span::ZERO);
        for run in case.timeline.steps.values() {
            let (Some((start, end)), Some((_, step))) = (run.interval(), run.ended) else {
                continue;
            };
            let inside = (end.min(to) - start.max(from)).at_least_zero();
            // A step without length does its work at an instant, which no interval can hold.
            if end > start {
                measured += part(step.measured, inside, end - start);
                observed += part(step.observed, inside, end - start);
            }
        }
        let measured = measured.min(whole);
        let observed = observed.min(whole - measured);
        let modelled = whole - measured - observed;
        Shares {
            measured,
            modelled,
            observed,
        }
    }

    /// The sum of the parts.
    pub(crate) fn whole(self) -> Span {
        self.measured + self.modelled + self.observed
    }

    /// In milliseconds the parts are rounded down and the modelled one takes the rest, or where nothing is
    /// modelled the measured one, so that what is printed adds up to the whole as it is rounded.
    pub(crate) fn in_seconds(self) -> SharesInSeconds {
        let seconds = |ms: i64| ms as f64 / 1_000.0;
        let whole = (self.whole().as_secs_f64() * 1_000.0).round() as i64;
        let observed = (self.observed.as_us() / 1_000).min(whole);
        let measured = match self.modelled {
            Span::ZERO if self.measured > Span::ZERO => whole - observed,
            _ => (self.measured.as_us() / 1_000).min(whole - observed),
        };
        SharesInSeconds {
            whole: seconds(whole),
            measured: seconds(measured),
            modelled: seconds(whole - measured - observed),
            observed: seconds(observed),
        }
    }
}

impl std::ops::Add for Shares {
    type Output = Shares;
    fn add(self, other: Shares) -> Shares {
        Shares {
            measured: self.measured + other.measured,
            modelled: self.modelled + other.modelled,
            observed: self.observed + other.observed,
        }
    }
}

/// The share of `amount` that falls to `inside` of `length`, evenly spread: where in a step its guards
/// were held is not recorded.
fn part(amount: Span, inside: Span, length: Span) -> Span {
    let amount = amount.at_least_zero().min(length);
    if inside == length {
        return amount;
    }
    let us = i128::from(amount.as_us()) * i128::from(inside.as_us()) / i128::from(length.as_us().max(1));
    Span::from_us(i64::try_from(us).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_spread_evenly() {
        let s = Span::from_secs;
        assert_eq!(part(s(6), s(10), s(10)), s(6));
        assert_eq!(part(s(6), s(5), s(10)), s(3));
        assert_eq!(part(s(20), s(10), s(10)), s(10));
        assert_eq!(part(s(-3), s(5), s(10)), s(0));
        assert_eq!(part(Span::MAX, Span::from_us(1), Span::MAX), Span::from_us(1));
    }

    #[test]
    fn rounded_parts_add_up_to_the_rounded_whole() {
        let shares = Shares {
            measured: Span::from_us(1_000_600),
            modelled: Span::from_us(2_000_600),
            observed: Span::from_us(600),
        };
        let s = shares.in_seconds();
        assert_eq!(
            (s.whole, s.measured, s.modelled, s.observed),
            (3.002, 1.0, 2.002, 0.0)
        );
        let shares = Shares {
            measured: Span::from_us(1_000_600),
            ..Shares::default()
        };
        let s = shares.in_seconds();
        assert_eq!((s.whole, s.measured, s.modelled), (1.001, 1.001, 0.0));
    }
}
