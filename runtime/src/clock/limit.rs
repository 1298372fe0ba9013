//! What limits the rate, and for how long it did.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use drill::journal::LimitShare;

use crate::wall::Mono;

/// Femtoseconds in a second.
const FS_PER_S: f64 = 1e15;

/// Why the rate is not higher.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LimitReason {
    /// The drill does not run.
    #[default]
    NotRunning,
    /// It is as high as it may be.
    Speed,
    /// A guard is held; its label.
    Held(Arc<str>),
    /// A limit; why it is there.
    Imposed(Arc<str>),
    /// Timers are too late for a higher one.
    Accuracy,
    /// It comes back after a timer was late.
    Late,
    /// This machine, or this program, stands still.
    Stalled,
}

impl fmt::Display for LimitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitReason::NotRunning => f.write_str("the drill does not run"),
            LimitReason::Speed => f.write_str("the highest speed"),
            LimitReason::Held(label) => write!(f, "work of {label}"),
            LimitReason::Imposed(reason) => f.write_str(reason),
            LimitReason::Accuracy => f.write_str("how late timers are on this machine"),
            LimitReason::Late => f.write_str("recovery after a late timer"),
            LimitReason::Stalled => f.write_str("this machine stood still"),
        }
    }
}

/// Time under each limit.
#[derive(Debug, Default)]
pub(super) struct LimitTimes {
    current: LimitReason,
    since: Mono,
    /// Drill time then, in femtoseconds.
    since_fs: i128,
    spent: BTreeMap<LimitReason, Spent>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    wall_ns: u64,
    drill_fs: i128,
}

impl LimitTimes {
    pub(super) fn current(&self) -> &LimitReason {
        &self.current
    }

    /// From `now` on, when drill time is `drill_fs`, the rate is limited by `limit`.
    pub(super) fn change(&mut self, now: Mono, drill_fs: i128, limit: LimitReason) {
        if limit == self.current {
            return;
        }
        let spent = self.since_last(now, drill_fs);
        let before = std::mem::replace(&mut self.current, limit);
        self.spent.entry(before).or_default().add(spent);
        (self.since, self.since_fs) = (now, drill_fs);
    }

    fn since_last(&self, now: Mono, drill_fs: i128) -> Spent {
        Spent {
            wall_ns: now.since(self.since).as_nanos() as u64,
            drill_fs: (drill_fs - self.since_fs).max(0),
        }
    }

    /// What was spent under each limit up to `now`, the most first, without the time in which the drill did not run.
    pub(super) fn shares(&self, now: Mono, drill_fs: i128) -> Vec<LimitShare> {
        let mut spent = self.spent.clone();
        let last = self.since_last(now, drill_fs);
        spent.entry(self.current.clone()).or_default().add(last);
        spent.remove(&LimitReason::NotRunning);
        let mut shares: Vec<LimitShare> = spent
            .into_iter()
            .map(|(limit, spent)| LimitShare {
                limit: limit.to_string(),
                wall_s: spent.wall_ns as f64 / 1e9,
                drill_s: spent.drill_fs as f64 / FS_PER_S,
            })
            .collect();
        shares.sort_by(|a, b| b.wall_s.total_cmp(&a.wall_s));
        shares
    }
}

impl Spent {
    fn add(&mut self, more: Spent) {
        self.wall_ns += more.wall_ns;
        self.drill_fs += more.drill_fs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_by_limit_longest_first() {
        let s = |seconds: u64| Mono::from_ns(seconds * 1_000_000_000);
        let fs = |seconds: i128| seconds * 1_000_000_000_000_000;
        let held = || LimitReason::Held("probe a".into());
        let mut limits = LimitTimes::default();
        limits.change(s(5), 0, LimitReason::Speed);
        limits.change(s(6), fs(100), held());
        limits.change(s(7), fs(101), held());
        limits.change(s(9), fs(103), LimitReason::Speed);
        let shares = limits.shares(s(10), fs(203));
        let told: Vec<(&str, f64, f64)> = shares
            .iter()
            .map(|share| (share.limit.as_str(), share.wall_s, share.drill_s))
            .collect();
        assert_eq!(
            told,
            [("work of probe a", 3.0, 3.0), ("the highest speed", 2.0, 200.0)]
        );
    }
}
