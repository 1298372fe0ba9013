//! How long guards were held: each by itself, and those of one piece of work together.

use drill::units::{DrillTime, Span};

/// The drill span over which something was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// From here.
    pub from: DrillTime,
    /// Up to here.
    pub to: DrillTime,
}

impl Held {
    /// How long it was held.
    pub fn span(self) -> Span {
        self.to - self.from
    }
}

/// The union of the guards of one piece of work.
#[derive(Debug, Default)]
pub(super) struct WorkIntervals {
    held: usize,
    since: DrillTime,
    total: Span,
    /// When it was held, of which `total` is the sum.
    intervals: Vec<Held>,
}

/// Of work with more intervals than this the last ones run together: a step with thousands of calls is at work
/// all the time.
const INTERVALS: usize = 1024;

impl WorkIntervals {
    /// A guard begins.
    pub(super) fn enter(&mut self, now: DrillTime) {
        if self.held == 0 {
            self.since = now;
        }
        self.held += 1;
    }

    /// A guard ends.
    pub(super) fn leave(&mut self, now: DrillTime) {
        self.held -= 1;
        if self.held == 0 {
            self.total += now - self.since;
            let interval = Held {
                from: self.since,
                to: now,
            };
            let full = self.intervals.len() >= INTERVALS;
            match self.intervals.last_mut() {
                Some(last) if full || last.to >= interval.from => last.to = now,
                _ => self.intervals.push(interval),
            }
        }
    }

    /// When it was held so far.
    pub(super) fn intervals(&self) -> Vec<Held> {
        self.intervals.clone()
    }

    /// The union so far, with what is held counted up to `now`.
    pub(super) fn measured(&self, now: DrillTime) -> Span {
        match self.held {
            0 => self.total,
            _ => self.total + (now - self.since),
        }
    }
}
