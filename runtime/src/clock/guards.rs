//! Guards and limits of the rate, as values that end when dropped.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use drill::units::Span;

use super::drill_clock::Clock;
use super::meter::Held;
use super::timeline::Rate;

impl Clock {
    /// Holds the rate at 1 while work makes progress here. Never hold one while waiting.
    ///
    /// # Panics
    /// Like everything that decides the rate, in a process that follows another's clock.
    pub fn hold(&self, label: &str) -> Hold {
        Hold::acquire(self, label, None, None)
    }

    /// Like [`Clock::hold`], given up after `limit` of wall time (250 ms for probes).
    pub fn hold_at_most(&self, label: &str, limit: Duration) -> Hold {
        Hold::acquire(self, label, None, Some(limit))
    }

    /// A meter for one piece of work, whose guards are measured together.
    pub fn meter(&self) -> WorkMeter {
        WorkMeter::new(self)
    }

    /// Keeps the rate at `rate` or below until the limit is dropped.
    pub fn limit_rate(&self, rate: f64, reason: &str) -> ClockLimit {
        ClockLimit::new(self, rate, reason)
    }
}

/// Holds the rate at 1 while work makes progress here, and measures for how long. Release it while waiting.
#[must_use = "the guard ends when it is dropped"]
pub struct Hold {
    clock: Clock,
    guard: Option<usize>,
    /// Keeps the meter that this guard counts towards.
    _meter: Option<Arc<MeterHandle>>,
}

impl Hold {
    pub(super) fn acquire(
        clock: &Clock,
        label: &str,
        meter: Option<&WorkMeter>,
        limit: Option<Duration>,
    ) -> Hold {
        let label: Arc<str> = label.into();
        let meter = meter.map(|meter| Arc::clone(&meter.handle));
        let index = meter.as_ref().map(|meter| meter.index);
        let guard = clock
            .inner()
            .change(|state, now| state.hold(now, label, index, limit));
        Hold {
            clock: clock.clone(),
            guard: Some(guard),
            _meter: meter,
        }
    }

    /// The drill span held so far; it ends where a probe's guard gave itself up.
    pub fn held(&self) -> Held {
        let guard = self.guard.expect("a guard is there until it is released");
        self.clock.inner().read(|state, now| state.held(now, guard))
    }

    /// Ends the guard; returns the drill span over which it was held.
    pub fn release(mut self) -> Held {
        let guard = self.guard.take().expect("a guard is released once");
        self.clock.inner().change(|state, now| state.release(now, guard))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            self.clock.inner().change(|state, now| state.release(now, guard));
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("guard", &self.guard).finish()
    }
}

/// Measures one piece of work, a step say: the union of its own guards, so that work done side by side is
/// not counted twice. Clones measure into the same sum.
#[derive(Clone)]
pub struct WorkMeter {
    handle: Arc<MeterHandle>,
}

pub(super) struct MeterHandle {
    clock: Clock,
    index: usize,
}

impl Drop for MeterHandle {
    fn drop(&mut self) {
        self.clock.inner().edit(|state| state.drop_meter(self.index));
    }
}

impl WorkMeter {
    pub(super) fn new(clock: &Clock) -> WorkMeter {
        let index = clock.inner().edit(|state| state.new_meter());
        WorkMeter {
            handle: Arc::new(MeterHandle {
                clock: clock.clone(),
                index,
            }),
        }
    }

    /// Holds the rate at 1 for a part of this work.
    pub fn hold(&self, label: &str) -> Hold {
        Hold::acquire(&self.handle.clock, label, Some(self), None)
    }

    /// Like [`WorkMeter::hold`], given up after `limit` of wall time.
    pub fn hold_at_most(&self, label: &str, limit: Duration) -> Hold {
        Hold::acquire(&self.handle.clock, label, Some(self), Some(limit))
    }

    /// When its guards were held, those that have ended.
    pub fn intervals(&self) -> Vec<Held> {
        let index = self.handle.index;
        self.handle.clock.inner().read(|state, _| state.intervals(index))
    }

    /// The measured time so far: the union of the guards, those still held up to now.
    pub fn measured(&self) -> Span {
        let index = self.handle.index;
        self.handle
            .clock
            .inner()
            .read(|state, now| state.measured(now, index))
    }
}

impl fmt::Debug for WorkMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkMeter")
            .field("index", &self.handle.index)
            .finish()
    }
}

/// Keeps the rate from rising above a limit, until it is dropped.
#[must_use = "the limit is removed when it is dropped"]
pub struct ClockLimit {
    clock: Clock,
    index: usize,
}

impl ClockLimit {
    pub(super) fn new(clock: &Clock, rate: f64, reason: &str) -> ClockLimit {
        let (rate, reason) = (Rate::from_f64(rate), Arc::from(reason));
        let index = clock
            .inner()
            .change(|state, now| state.add_limit(now, rate, reason));
        ClockLimit {
            clock: clock.clone(),
            index,
        }
    }

    /// Moves the limit to `rate` drill seconds per wall second.
    pub fn set(&self, rate: f64) {
        let rate = Rate::from_f64(rate);
        self.clock
            .inner()
            .change(|state, now| state.set_limit(now, self.index, rate));
    }

    /// Moves the limit to `rate` drill seconds per wall second, for another reason than before.
    pub fn set_for(&self, rate: f64, reason: &str) {
        let (rate, reason) = (Rate::from_f64(rate), Arc::from(reason));
        self.clock
            .inner()
            .change(|state, now| state.replace_limit(now, self.index, rate, reason));
    }
}

impl Drop for ClockLimit {
    fn drop(&mut self) {
        self.clock
            .inner()
            .change(|state, now| state.remove_limit(now, self.index));
    }
}

impl fmt::Debug for ClockLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockLimit").field("index", &self.index).finish()
    }
}
