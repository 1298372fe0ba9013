//! Drill time as a piecewise-linear function of wall time, in exact integers.
//!
//! ```text
//!   drill ▲            ╱ rate 120
//!         │      ____╱   rate 1 (a guard is held)
//!         │    ╱         rate 120
//!         └──┴───┴───┴──► wall          each piece is a Segment
//! ```
//!
//! A rate above 1 is granted for moments only, and renewed by a thread that lives as the drill does: when this machine
//! stands still, drill time does not run on without it.
//!
//! ```text
//!   drill ▲                 ╱   renewed late: a new segment
//!         │      _________╱     past the grant: rate 1
//!         │    ╱:
//!         └──┴──:─────────┴──► wall
//!            granted until
//! ```
//!
//! A rate is a whole number of millionths, wall time is in nanoseconds, so drill time is a whole number
//! of femtoseconds: what has passed of the drill is exactly the sum of rate × wall time, however often
//! the rate changes.

use std::collections::VecDeque;

use drill::units::DrillTime;

use crate::wall::Mono;

/// Femtoseconds in a microsecond.
const FS_PER_US: i128 = 1_000_000_000;

/// Drill seconds per wall second, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rate(u64);

impl Rate {
    /// Drill time stands still.
    pub(super) const ZERO: Rate = Rate(0);
    /// Drill time runs like wall time.
    pub(super) const ONE: Rate = Rate(1_000_000);
    /// The slowest and fastest valid rates.
    const BOUNDS: (f64, f64) = (0.001, 1e6);

    /// The rate nearest to `rate` that a clock can run at: from 0.001 to 1,000,000.
    pub(super) fn from_f64(rate: f64) -> Rate {
        let bounded = if rate.is_nan() {
            Rate::BOUNDS.0
        } else {
            rate.clamp(Rate::BOUNDS.0, Rate::BOUNDS.1)
        };
        Rate((bounded * 1e6).round() as u64)
    }

    /// A rate of `parts` millionths.
    pub(super) const fn from_millionths(parts: u64) -> Rate {
        Rate(parts)
    }

    /// This rate in millionths.
    pub(super) const fn millionths(self) -> u64 {
        self.0
    }

    /// This rate as a number.
    pub(super) fn as_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// A stretch of wall time with one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// When it began.
    pub(super) wall: Mono,
    /// Drill time when it began, in femtoseconds.
    pub(super) drill_fs: i128,
    /// Its rate.
    pub(super) rate: Rate,
    /// Until when it is granted, if it is above 1: from then on it is 1, until another segment begins.
    pub(super) until: Mono,
}

impl Segment {
    /// Drill time stands at 0 from `wall` on.
    pub(super) fn frozen(wall: Mono) -> Segment {
        Segment {
            wall,
            drill_fs: 0,
            rate: Rate::ZERO,
            until: Mono::MAX,
        }
    }

    /// Whether its grant was over before `wall`.
    pub(super) fn has_lapsed(&self, wall: Mono) -> bool {
        self.rate > Rate::ONE && self.until < wall
    }

    /// The rate at `wall`.
    pub(super) fn rate_at(&self, wall: Mono) -> Rate {
        if self.has_lapsed(wall) {
            Rate::ONE
        } else {
            self.rate
        }
    }

    /// As if it were granted for ever.
    fn unlimited(self) -> Segment {
        Segment {
            until: Mono::MAX,
            ..self
        }
    }

    /// What follows from the end of the grant on.
    pub(super) fn lapsed(&self) -> Segment {
        self.switched(self.until, Rate::ONE)
    }

    /// Drill time at `wall`, in femtoseconds.
    pub(super) fn drill_fs_at(&self, wall: Mono) -> i128 {
        if self.has_lapsed(wall) {
            return self.lapsed().drill_fs_at(wall);
        }
        let passed = wall.as_ns().saturating_sub(self.wall.as_ns());
        self.drill_fs + i128::from(passed) * i128::from(self.rate.millionths())
    }

    /// Drill time at `wall`.
    pub(super) fn drill_at(&self, wall: Mono) -> DrillTime {
        let us = self.drill_fs_at(wall).div_euclid(FS_PER_US);
        DrillTime::from_us(us.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    }

    /// The first wall instant of this segment at which drill time is `due` or later; `None` if it never
    /// comes at this rate.
    pub(super) fn wall_at(&self, due: DrillTime) -> Option<Mono> {
        let ahead = i128::from(due.as_us()) * FS_PER_US - self.drill_fs;
        if ahead <= 0 {
            return Some(self.wall);
        }
        if self.rate == Rate::ZERO {
            return None;
        }
        let rate = i128::from(self.rate.millionths());
        let wait = u64::try_from((ahead + rate - 1) / rate).ok()?;
        let at = self.wall.as_ns().checked_add(wait).map(Mono::from_ns)?;
        if self.has_lapsed(at) {
            self.lapsed().wall_at(due)
        } else {
            Some(at)
        }
    }

    /// The segment that follows from `wall` on with another rate, for as long as it may.
    pub(super) fn switched(&self, wall: Mono, rate: Rate) -> Segment {
        let wall = wall.max(self.wall);
        Segment {
            wall,
            drill_fs: self.drill_fs_at(wall),
            rate,
            until: Mono::MAX,
        }
    }
}

/// The current segment and some before it, to find the wall instant of a past drill instant.
#[derive(Clone, Debug)]
pub(super) struct History {
    segments: VecDeque<Segment>,
}

impl History {
    /// How many segments are remembered: a timer is looked up within moments of its due time.
    const KEPT: usize = 256;

    /// Begins with one segment.
    pub(super) fn new(first: Segment) -> History {
        History {
            segments: VecDeque::from([first]),
        }
    }

    /// The segment that holds now.
    pub(super) fn current(&self) -> Segment {
        *self.segments.back().expect("a history is never empty")
    }

    /// A new segment holds from its beginning on; the same again may be granted for longer.
    pub(super) fn push(&mut self, segment: Segment) {
        let current = self.segments.back_mut().expect("a history is never empty");
        if current.unlimited() == segment.unlimited() {
            current.until = segment.until;
            return;
        }
        if self.segments.len() == History::KEPT {
            self.segments.pop_front();
        }
        self.segments.push_back(segment);
    }

    /// When to check whether it is `due`, as of `now`: grants are renewed, so that of the current segment does not count
    /// before it is over.
    pub(super) fn wake_at(&self, due: DrillTime, now: Mono) -> Option<Mono> {
        let granted = self.current().unlimited().wall_at(due);
        match granted {
            Some(at) if at <= now => self.wall_at(due),
            _ => granted,
        }
    }

    /// When drill time was, or will be, `due`; `None` if that never comes at the current rate. For an
    /// instant before all that is remembered, the beginning of that.
    pub(super) fn wall_at(&self, due: DrillTime) -> Option<Mono> {
        let due_fs = i128::from(due.as_us()) * FS_PER_US;
        match self.segments.partition_point(|s| s.drill_fs < due_fs) {
            0 => Some(self.segments[0].wall),
            n => self.segments[n - 1].wall_at(due),
        }
    }
}
