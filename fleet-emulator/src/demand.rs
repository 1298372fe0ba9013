//! What the fleet will ask of this machine, and how fast the drill may go for it: pure.
//!
//! ```text
//!   rate ≤ 1 ÷ (wall seconds of work that one drill second brings)
//!
//!   attempts due      ░░░░░░░░░░▓▓▓▓▓▓▓▓░░░        known from boot and backoff
//!   drill seconds   ──┼──┼──┼──┼──┼──┼──┼──►
//!                     now └ far: brake in time     └ here: at the rate that this second can be done at
//! ```
//!
//! Work that has begun and is not yet done (attempts under way, publishes that await their
//! acknowledgement) counts as work of the present second, as long as it makes progress. What hangs does
//! not: waiting for a broker that is frozen is no work, and must not hold the drill.

use std::collections::BTreeMap;

use drill::units::{DrillTime, Span};

/// The slowest that a storm makes the drill.
const SLOWEST: f64 = 0.1;
/// The fastest that there is any point in saying.
pub(crate) const UNBOUNDED: f64 = 1e6;
/// A second full of work may come no sooner than this, in wall seconds: several looks of the governor.
const BRAKING: f64 = 0.05;
/// So many publishes in flight are no queue, only the way to the broker and back.
const FLUID_PUBLISHES: u64 = 64;
/// Likewise attempts.
const FLUID_ATTEMPTS: u64 = 8;
const SECOND: i64 = 1_000_000;

/// How much of something this machine does in a wall second: a constant to begin with, less while a queue
/// shows that it does less.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    usual: f64,
    now: f64,
}

impl Capacity {
    pub(crate) fn new(usual: f64) -> Capacity {
        Capacity { usual, now: usual }
    }

    /// Over `elapsed` wall seconds, `done` were done; `busy` says that more were there to do all the time.
    pub(crate) fn observe(&mut self, done: u64, elapsed: f64, busy: bool) {
        if busy && done > 0 && elapsed > 0.0 {
            let measured = done as f64 / elapsed;
            self.now = ((self.now + measured) / 2.0).clamp(self.usual / 20.0, self.usual);
        } else if !busy {
            self.now = (self.now * 1.1).min(self.usual);
        }
    }

    fn seconds(&self, count: f64) -> f64 {
        count / self.now
    }
}

/// What is under way at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Load {
    /// Attempts that were asked for and have neither succeeded nor failed.
    pub(crate) attempts: u64,
    /// Publishes that await their acknowledgement on a connection that stands.
    pub(crate) publishes: u64,
    /// Attempts end, one way or the other.
    pub(crate) attempts_progress: bool,
    /// Attempts end in a session, so that outboxes will follow.
    pub(crate) attempts_succeed: bool,
    /// Publishes are acknowledged.
    pub(crate) publishes_progress: bool,
    /// Messages in the outbox of a device without a session, on average.
    pub(crate) backlog: f64,
}

impl Load {
    pub(crate) fn attempts_queue(&self) -> bool {
        self.attempts > FLUID_ATTEMPTS
    }

    pub(crate) fn publishes_queue(&self) -> bool {
        self.publishes > FLUID_PUBLISHES
    }
}

/// What is known of the drill seconds to come.
#[derive(Debug)]
pub(crate) struct Demand {
    /// Attempts due by drill second.
    due: BTreeMap<i64, u64>,
    /// Publishes per drill second in steady state.
    steady: f64,
    pub(crate) attempts: Capacity,
    pub(crate) publishes: Capacity,
}

impl Demand {
    pub(crate) fn new(steady: f64, attempts: Capacity, publishes: Capacity) -> Demand {
        Demand {
            due: BTreeMap::new(),
            steady,
            attempts,
            publishes,
        }
    }

    /// An attempt will be made at `due`.
    pub(crate) fn expect(&mut self, due: DrillTime) {
        *self.due.entry(second(due)).or_default() += 1;
    }

    /// The attempt that was due at `due` has been asked for, or never will be.
    pub(crate) fn forget(&mut self, due: DrillTime) {
        if let Some(count) = self.due.get_mut(&second(due)) {
            *count -= 1;
            if *count == 0 {
                self.due.remove(&second(due));
            }
        }
    }

    /// Drill seconds per wall second that this machine can follow at `now`.
    pub(crate) fn rate(&self, now: DrillTime, load: &Load) -> f64 {
        let queued = self.queued(load);
        let mut rate = 1.0 / queued.max(1.0 / UNBOUNDED);
        for (second, count) in &self.due {
            let ahead = Span::from_us(second * SECOND - now.as_us()).at_least_zero();
            let arrival = ahead.as_us() as f64 / SECOND as f64 / BRAKING;
            if arrival >= rate {
                break;
            }
            rate = rate.min(self.second_rate(*count, load).max(arrival));
        }
        rate.clamp(SLOWEST, UNBOUNDED)
    }

    /// The rate at which a drill second with `count` attempts can be done.
    fn second_rate(&self, count: u64, load: &Load) -> f64 {
        let outboxes = match load.attempts_succeed {
            true => count as f64 * load.backlog,
            false => 0.0,
        };
        let work = self.attempts.seconds(count as f64) + self.publishes.seconds(outboxes + self.steady);
        1.0 / work.max(1.0 / UNBOUNDED)
    }

    /// Wall seconds of work that is there now and that the present drill second brings.
    fn queued(&self, load: &Load) -> f64 {
        let beyond = |count: u64, fluid: u64, progress: bool| match progress {
            true => count.saturating_sub(fluid) as f64,
            false => 0.0,
        };
        let attempts = beyond(load.attempts, FLUID_ATTEMPTS, load.attempts_progress);
        let publishes = beyond(load.publishes, FLUID_PUBLISHES, load.publishes_progress);
        self.attempts.seconds(attempts) + self.publishes.seconds(publishes + self.steady)
    }
}

fn second(at: DrillTime) -> i64 {
    at.as_us().div_euclid(SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(steady: f64) -> Demand {
        Demand::new(steady, Capacity::new(2000.0), Capacity::new(5000.0))
    }

    fn s(seconds: i64) -> DrillTime {
        DrillTime::from_secs(seconds)
    }

    #[test]
    fn steady_publishing_bounds_the_rate() {
        let rate = demand(50.0).rate(s(0), &Load::default());
        assert!((99.0..101.0).contains(&rate), "{rate}");
        assert_eq!(demand(0.0).rate(s(0), &Load::default()), UNBOUNDED);
    }

    #[test]
    fn a_storm_is_braked_for_in_time_and_passed_at_its_own_rate() {
        let mut demand = demand(0.0);
        for _ in 0..1000 {
            demand.expect(s(10));
        }
        let load = Load::default();
        let far = demand.rate(s(0), &load);
        assert!((199.0..201.0).contains(&far), "10 s ahead in 50 ms: {far}");
        let near = demand.rate(s(9), &load);
        assert!((19.0..21.0).contains(&near), "{near}");
        let there = demand.rate(s(10), &load);
        assert!((1.9..2.1).contains(&there), "1,000 at 2,000 a second: {there}");
        for _ in 0..1000 {
            demand.forget(s(10));
        }
        assert_eq!(demand.rate(s(10), &load), UNBOUNDED);
    }

    #[test]
    fn a_queue_counts_while_it_moves_and_not_while_it_hangs() {
        let demand = demand(0.0);
        let mut load = Load {
            attempts: 1008,
            attempts_progress: true,
            ..Load::default()
        };
        let moving = demand.rate(s(0), &load);
        assert!((1.9..2.1).contains(&moving), "{moving}");
        load.attempts_progress = false;
        assert_eq!(demand.rate(s(0), &load), UNBOUNDED);
    }

    #[test]
    fn outboxes_count_when_their_devices_will_get_a_session() {
        let mut demand = demand(0.0);
        for _ in 0..10 {
            demand.expect(s(0));
        }
        let mut load = Load {
            backlog: 100.0,
            ..Load::default()
        };
        assert!(demand.rate(s(0), &load) > 190.0);
        load.attempts_succeed = true;
        assert!(demand.rate(s(0), &load) < 5.0);
    }

    #[test]
    fn capacity_follows_what_is_seen_and_recovers() {
        let mut capacity = Capacity::new(2000.0);
        for _ in 0..20 {
            capacity.observe(50, 0.1, true);
        }
        assert!((capacity.now - 500.0).abs() < 1.0);
        capacity.observe(0, 0.1, true);
        assert!(
            (capacity.now - 500.0).abs() < 1.0,
            "a broker that hangs says nothing of this machine"
        );
        for _ in 0..30 {
            capacity.observe(0, 0.1, false);
        }
        assert_eq!(capacity.now, 2000.0);
    }
}
