//! Where a duration comes from: work done here (measured), a person (observed), all else (modelled).
//!
//! Only a step's own guards measure, and only a step has a person at work. What was neither measured nor
//! observed, waiting in drill time included, counts as modelled, so that the three always add up.
//!
//! Steps may overlap: what several of them worked on at once was worked on once. Where a journal does not
//! have its guards one by one, a step's work is taken to be spread evenly over it.

use super::case::Case;
use super::timeline::StepRun;
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
        let mut guards = Vec::new();
        let (mut spread, mut watched) = (Spread::default(), Spread::default());
        for run in case.timeline.steps.values() {
            let (Some((start, end)), Some((_, step))) = (run.interval(), run.ended) else {
                continue;
            };
            let clipped = |(start, end): (DrillTime, DrillTime)| (start.max(from), end.min(to));
            guards.extend(step.guards.iter().copied().map(clipped));
            // A step without length does its work at an instant, which no interval can hold.
            if end > start {
                let inside = clipped((start, end));
                let evenly = |amount| part(amount, (inside.1 - inside.0).at_least_zero(), end - start);
                if step.guards.is_empty() {
                    spread.add(evenly(step.measured), inside);
                }
                watched.add(evenly(step.observed), inside);
            }
        }
        let measured = union(guards) + spread.amount();
        let observed = watched.amount();
        let measured = measured.min(whole);
        let observed = observed.min(whole - measured);
        let modelled = whole - measured - observed;
        Shares {
            measured,
            modelled,
            observed,
        }
    }

    /// The parts of the time from one instant to another, both as they are shown: what is printed of them adds up to the
    /// difference of what is printed of the ends.
    pub(crate) fn shown_between(self, from: DrillTime, to: DrillTime) -> SharesInSeconds {
        let ms = |at: DrillTime| (at.as_secs_f64() * 1_000.0).round() as i64;
        self.in_ms((ms(to) - ms(from)).max(0))
    }

    /// The sum of the parts.
    pub(crate) fn whole(self) -> Span {
        self.measured + self.modelled + self.observed
    }

    /// In milliseconds the parts are rounded down and the modelled one takes the rest, or where nothing is
    /// modelled the measured one, so that what is printed adds up to the whole as it is rounded.
    pub(crate) fn in_seconds(self) -> SharesInSeconds {
        self.in_ms((self.whole().as_secs_f64() * 1_000.0).round() as i64)
    }

    fn in_ms(self, whole: i64) -> SharesInSeconds {
        let seconds = |ms: i64| ms as f64 / 1_000.0;
        // What people took from its beginning to its end is theirs, with what rounding left over.
        let observed = if self.observed > Span::ZERO && self.modelled + self.measured == Span::ZERO {
            whole
        } else {
            (self.observed.as_us() / 1_000).min(whole)
        };
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

/// Amounts that are spread over intervals: together they are no more than what the intervals cover.
#[derive(Default)]
struct Spread {
    sum: Span,
    over: Vec<(DrillTime, DrillTime)>,
}

impl Spread {
    fn add(&mut self, amount: Span, over: (DrillTime, DrillTime)) {
        if amount > Span::ZERO {
            self.sum += amount;
            self.over.push(over);
        }
    }

    fn amount(self) -> Span {
        self.sum.min(union(self.over))
    }
}

/// The parts of a step, which add up to the time from its beginning to its end. What it neither worked nor a person took
/// is modelled.
pub(crate) fn of_step(run: &StepRun<'_>) -> SharesInSeconds {
    let Some((_, step)) = run.ended else {
        return SharesInSeconds::default();
    };
    let Some((from, to)) = run.interval() else {
        let parts = Shares {
            measured: step.measured,
            modelled: step.modelled,
            observed: step.observed,
        };
        return parts.in_seconds();
    };
    let whole = to - from;
    let measured = step.measured.min(whole).at_least_zero();
    let observed = step.observed.min(whole - measured).at_least_zero();
    let parts = Shares {
        measured,
        modelled: whole - measured - observed,
        observed,
    };
    parts.shown_between(from, to)
}

/// The modelled parts of a step: what lies between the guards that it held; where a journal does not have them, its
/// beginning.
pub(crate) fn modelled(run: &StepRun<'_>) -> Vec<(DrillTime, DrillTime)> {
    let (Some((start, end)), Some((_, step))) = (run.interval(), run.ended) else {
        return Vec::new();
    };
    if step.guards.is_empty() {
        return vec![(start, end.min(start + step.modelled))];
    }
    let mut parts = Vec::new();
    let mut reached = start;
    for (from, to) in &step.guards {
        parts.push((reached, (*from).min(end)));
        reached = reached.max(*to);
    }
    parts.push((reached, end));
    parts.retain(|(from, to)| from < to);
    parts
}

/// The modelled parts of a step without what its calls were charged: what it is said to take comes first.
pub(crate) fn uncharged(run: &StepRun<'_>) -> Vec<(DrillTime, DrillTime)> {
    let mut left = run
        .ended
        .map_or(Span::ZERO, |(_, step)| step.modelled - step.charged);
    let mut parts = modelled(run);
    for (from, to) in &mut parts {
        let length = (*to - *from).min(left.at_least_zero());
        *to = *from + length;
        left -= length;
    }
    parts.retain(|(from, to)| from < to);
    parts
}

/// How long at least one of the intervals lasts.
pub(crate) fn union(mut intervals: Vec<(DrillTime, DrillTime)>) -> Span {
    intervals.sort_unstable();
    let mut covered = Span::ZERO;
    let mut reached = DrillTime::from_us(i64::MIN);
    for (from, to) in intervals {
        covered += (to - from.max(reached)).at_least_zero();
        reached = reached.max(to);
    }
    covered
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
    fn what_overlaps_counts_once() {
        let at = |from, to| (DrillTime::from_secs(from), DrillTime::from_secs(to));
        assert_eq!(
            union(vec![at(20, 30), at(0, 10), at(5, 12), at(9, 9), at(8, 3)]),
            Span::from_secs(22)
        );
        let mut spread = Spread::default();
        spread.add(Span::from_secs(8), at(0, 10));
        spread.add(Span::from_secs(8), at(0, 10));
        assert_eq!(spread.amount(), Span::from_secs(10));
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
