//! When a service was down: from a red to the start of the first window in which health holds.
//!
//! ```text
//!   first red          first green          stable_for
//!      │  red  red  red  │ green green green │
//!      ├─────────────────┤                   └ confirmed here
//! ```
//!
//! Back means back: from there to the end of `observe_for` no more single results are red than the steady state before
//! the first fault had, by more than one. Else the service is unstable, and it is down until it is not.

use super::health::{Change, HealthResult, changes};
use crate::journal::Health;
use crate::scenario::{Probe, Scenario};
use crate::units::{DrillTime, Span};

/// What was seen of a service, and what happened meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a, S> {
    /// Every result of its probe, in order of their dates.
    pub looks: &'a [S],
    /// How many equal results make a state.
    pub debounce: u32,
    /// For how long a green tells of the service: until the next result must have come.
    pub reach: Span,
    /// For how long health must hold.
    pub stable_for: Span,
    /// For how long a service is watched after it is green.
    pub observe_for: Span,
    /// When faults were injected, in order.
    pub injections: &'a [DrillTime],
    /// When services set out for home, if they did.
    pub home: Option<DrillTime>,
    /// Nothing is known beyond this.
    pub end: DrillTime,
}

/// How many of the single results from an instant on were red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stability {
    /// From when on they were counted.
    pub from: DrillTime,
    /// So many were red.
    pub red: u64,
    /// Of so many that told anything.
    pub known: u64,
}

/// How a red ended, if it did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closed {
    /// The start of the first window in which health held.
    pub end: Option<DrillTime>,
    /// When it seemed to be over for the first time, if it was not.
    pub unstable: Option<Stability>,
    /// How stable the service was once it was back; once it seemed to be, where it never was.
    pub after: Option<Stability>,
}

/// A time during which a service was red.
#[derive(Clone, Copy, Debug)]
pub struct Red {
    /// The date of the first red result.
    pub first: DrillTime,
    /// How it ended.
    pub closed: Closed,
    /// Up to here it surely lasted; its end, if that is known.
    pub until: DrillTime,
}

impl<'a, S: HealthResult> Observed<'a, S> {
    /// What was seen of a probe of a scenario.
    pub fn new(
        scenario: &Scenario,
        probe: &Probe,
        looks: &'a [S],
        injections: &'a [DrillTime],
        home: Option<DrillTime>,
        end: DrillTime,
    ) -> Observed<'a, S> {
        Observed {
            looks,
            debounce: probe.debounce,
            reach: probe.every + probe.timeout,
            stable_for: scenario.stable_for,
            observe_for: scenario.observe_for,
            injections,
            home,
            end,
        }
    }

    /// Every red, in order of time.
    pub fn reds(&self) -> Vec<Red> {
        let changes = changes(self.looks, self.debounce);
        let first = self.injections.first().copied().unwrap_or(DrillTime::MAX);
        let steady = self.count(DrillTime::ZERO, first);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(change) = changes.get(at) {
            if change.green {
                at += 1;
                continue;
            }
            let closed = self.close(&changes, at, &steady);
            found.push(Red {
                first: change.at,
                closed,
                until: closed.end.unwrap_or_else(|| self.open_until(&changes, closed)),
            });
            at = match closed.end {
                // The next red state after that.
                Some(end) => changes.partition_point(|change| change.at <= end),
                None => changes.len(),
            };
        }
        found
    }

    /// How the red that begins with change `red` ended.
    fn close(&self, changes: &[Change], red: usize, steady: &Stability) -> Closed {
        let mut closed = Closed::default();
        let greens = (red..changes.len()).filter(|nth| changes[*nth].green);
        for at in greens.flat_map(|nth| self.turns(changes, nth)) {
            if !self.holds(changes, at) {
                continue;
            }
            let after = self.stability(at);
            closed.after = closed.after.or(Some(after));
            if is_stable(&after, steady) && (closed.unstable.is_none() || self.observed(at)) {
                return Closed {
                    end: Some(at),
                    after: Some(after),
                    ..closed
                };
            }
            closed.unstable = closed.unstable.or(Some(after));
        }
        closed
    }

    /// When the service may have been back with the green state of change `green`: at its beginning, and at each green
    /// result in it that follows a red one.
    fn turns(&self, changes: &[Change], green: usize) -> Vec<DrillTime> {
        let from = changes[green].at;
        let until = changes.get(green + 1).map_or(DrillTime::MAX, |next| next.at);
        let mut turns = vec![from];
        let mut was_red = false;
        for look in self.between(from, until) {
            match look.health() {
                Health::Unknown => continue,
                Health::Green if was_red => turns.push(look.at()),
                _ => {}
            }
            was_red = look.health() == Health::Red;
        }
        turns
    }

    /// The results that are dated from an instant on and before another. A forecast asks this many times of a service that
    /// comes and goes.
    fn between(&self, from: DrillTime, to: DrillTime) -> &'a [S] {
        let first = self.looks.partition_point(|look| look.at() < from);
        let end = self.looks.partition_point(|look| look.at() < to);
        &self.looks[first..end.max(first)]
    }

    /// Whether the green from `at` on holds for `stable_for`.
    fn holds(&self, changes: &[Change], at: DrillTime) -> bool {
        let held_to = at + self.stable_for;
        let later = changes.partition_point(|change| change.at <= at);
        match changes[later..].iter().find(|change| !change.green) {
            Some(next) => next.at >= held_to,
            None => self.seen_to(at) >= held_to && self.end >= held_to,
        }
    }

    /// Whether the service was observed for `observe_for` after `at`.
    fn observed(&self, at: DrillTime) -> bool {
        let to = self.observed_to(at);
        self.seen_to(at) >= to && self.end >= to
    }

    /// Up to when a green after `at` tells of the service.
    fn seen_to(&self, at: DrillTime) -> DrillTime {
        let greens = self.looks.iter().rev();
        let mut last = greens.filter(|look| look.health() == Health::Green);
        last.next().map_or(at, HealthResult::at) + self.reach
    }

    /// Up to when what is red after `at` tells of a recovery that did not hold: to the end of `observe_for`, or to the
    /// next fault, or to the beginning of the return home.
    fn observed_to(&self, at: DrillTime) -> DrillTime {
        let new = self.injections.iter().copied().find(|injection| *injection > at);
        let home = self.home.filter(|home| *home > at);
        let ends = [Some(at + self.observe_for), new, home];
        ends.into_iter().flatten().min().unwrap_or(at)
    }

    fn stability(&self, from: DrillTime) -> Stability {
        self.count(from, self.observed_to(from))
    }

    fn count(&self, from: DrillTime, to: DrillTime) -> Stability {
        let within = self.between(from, to).iter();
        let known = within.filter(|look| look.health() != Health::Unknown);
        let mut count = Stability {
            from,
            red: 0,
            known: 0,
        };
        for look in known {
            count.known += 1;
            count.red += u64::from(look.health() == Health::Red);
        }
        count
    }

    /// Up to when a red that never closed surely lasted: to the green that was not confirmed, or to the last red.
    fn open_until(&self, changes: &[Change], closed: Closed) -> DrillTime {
        match changes.last() {
            Some(last) if last.green && closed.unstable.is_none() => last.at,
            _ => {
                let last_red = self.looks.iter().rev().find(|look| look.health() == Health::Red);
                last_red.map_or(self.end, HealthResult::at)
            }
        }
    }
}

/// No more of these results are red than in the steady state, with a margin of one.
fn is_stable(after: &Stability, steady: &Stability) -> bool {
    let beyond = u128::from(after.red.saturating_sub(1));
    beyond * u128::from(steady.known.max(1)) <= u128::from(steady.red) * u128::from(after.known)
}
