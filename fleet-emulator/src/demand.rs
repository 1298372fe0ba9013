//! The load that the fleet will put on this machine, and how fast the drill may run with it: pure.
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
//! acknowledgement) counts as work of the present second, as long as its endpoint makes progress. What
//! hangs does not: waiting for a broker that is frozen is no work, and must not hold the drill.

use std::collections::BTreeMap;

use drill::units::{DrillTime, Span};

use crate::capacity::{Capacity, Latency, Stalls};

/// Sessions per wall second. A broker was seen to accept 5,700 a second on two cores that did nothing else; a third
/// leaves room for what a drill does there besides. A broker that takes fewer shows by its queue.
const SESSIONS: f64 = 2000.0;
/// Attempts per wall second at a port that refuses: a device that wakes and backs off again, since most
/// of them share one dial; 20 µs of processor time each, where two cores could do 100,000.
const REFUSALS: f64 = 60_000.0;
/// Acknowledged publishes per wall second, each of them taken by a rule and stored, too: 0.1 ms of processor time each,
/// so that two cores could do 20,000.
const PUBLISHES: f64 = 14_000.0;
/// What a message costs that stays in its outbox, as a part of one that is published: its device wakes for it.
const UNPUBLISHED: f64 = 0.1;
/// The slowest that a storm makes the drill.
pub(crate) const SLOWEST: f64 = 0.1;
/// The fastest that there is any point in saying.
pub(crate) const UNBOUNDED: f64 = 1e6;
/// A second full of work may come no sooner than this, in wall seconds: several updates of the governor.
const BRAKING: f64 = 0.05;
/// Publishes in flight are no queue while they are less than is done in this many wall seconds: they
/// are on the way to the broker and back.
const FLUID_PUBLISHES: f64 = 0.05;
/// Likewise attempts.
const FLUID_ATTEMPTS: f64 = 0.02;
const SECOND: i64 = 1_000_000;
/// A third of the timeouts for a turn is for how late turns are; within a third of that, refusals may be spread.
const WINDOWS_IN_TIMEOUT: i64 = 9;

/// The timeouts of the firmware, and the delay that the figures tolerate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// For a session.
    pub(crate) connect: Span,
    /// For a sign of life.
    pub(crate) ping: Span,
    /// For a device's turn: one that waits longer acts later than the figures can bear.
    pub(crate) turn: Span,
    /// For what waits in an outbox; `None` if it waits for ever.
    pub(crate) outbox: Option<Span>,
}

/// What is under way at the moment, at endpoints where it makes progress.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Load {
    /// Attempts that were asked for and have neither succeeded nor failed, where attempts end.
    pub(crate) attempts: u64,
    /// Publishes that await their acknowledgement, where publishes are acknowledged.
    pub(crate) publishes: u64,
    /// Attempts end in a session, so that outboxes will follow.
    pub(crate) attempts_succeed: bool,
    /// Attempts are refused at once, all of them.
    pub(crate) attempts_refused: bool,
    /// The share of devices that have a session: the others publish into their outboxes only.
    pub(crate) connected: f64,
    /// Messages in the outbox of a device without a session, on average.
    pub(crate) backlog: f64,
}

/// What is known of the drill seconds to come.
#[derive(Debug)]
pub(crate) struct Demand {
    /// Attempts due by drill second.
    due: BTreeMap<i64, u64>,
    /// Publishes per drill second in steady state.
    steady: f64,
    timeouts: Timeouts,
    pub(crate) attempts: Capacity,
    pub(crate) refusals: Capacity,
    pub(crate) publishes: Capacity,
    /// From the beginning of an attempt to its session.
    pub(crate) handshake: Latency,
    /// From a device's wish to connect to its turn to dial.
    pub(crate) turn: Latency,
    /// What delays all devices, including those that are refused.
    pub(crate) stalls: Stalls,
    /// From a publish to its acknowledgement.
    pub(crate) ack: Latency,
}

impl Demand {
    pub(crate) fn new(steady: f64, timeouts: Timeouts) -> Demand {
        Demand {
            due: BTreeMap::new(),
            steady,
            timeouts,
            attempts: Capacity::new(SESSIONS),
            refusals: Capacity::new(REFUSALS),
            publishes: Capacity::new(PUBLISHES),
            handshake: Latency::new(),
            turn: Latency::least(),
            stalls: Stalls::new(),
            ack: Latency::new(),
        }
    }

    /// Whether attempts wait for this machine.
    pub(crate) fn attempts_queue(&self, load: &Load) -> bool {
        self.capacity(load).beyond(load.attempts, FLUID_ATTEMPTS) > 0.0
    }

    /// Whether publishes do.
    pub(crate) fn publishes_queue(&self, load: &Load) -> bool {
        self.publishes.beyond(load.publishes, FLUID_PUBLISHES) > 0.0
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
        let mut rate = self.present_rate(load);
        let window = self.window(load);
        let mut due = self.due.iter().peekable();
        while let Some((first, _)) = due.peek() {
            let begin = first.div_euclid(window) * window;
            let ahead = Span::from_us(begin * SECOND - now.as_us()).at_least_zero();
            let arrival = ahead.as_us() as f64 / SECOND as f64 / BRAKING;
            if arrival >= rate {
                break;
            }
            let mut count = 0;
            while let Some((_, of_second)) = due.next_if(|(second, _)| **second < begin + window) {
                count += of_second;
            }
            let second = count as f64 / window as f64;
            rate = rate.min(self.second_rate(second, load).max(arrival));
        }
        rate.clamp(SLOWEST, UNBOUNDED)
    }

    /// Over so many seconds attempts may be spread: those that are refused follow from nothing and nothing follows from
    /// them but the next one, so that they may be a little late.
    fn window(&self, load: &Load) -> i64 {
        let bearable = self.timeouts.turn.as_us() / SECOND / WINDOWS_IN_TIMEOUT;
        if load.attempts_refused { bearable.max(1) } else { 1 }
    }

    /// For attempts that end as they do now.
    fn capacity(&self, load: &Load) -> Capacity {
        if load.attempts_refused {
            self.refusals
        } else {
            self.attempts
        }
    }

    /// The rate at which attempts get their turn in time, and their session where they are not refused.
    fn attempts_rate(&self, load: &Load) -> f64 {
        let heard = self.stalls.rate_within(self.timeouts.turn);
        if load.attempts_refused {
            return heard;
        }
        let turn = self.turn.rate_within(self.timeouts.turn);
        let session = self.handshake.rate_within(self.timeouts.connect);
        heard.min(turn).min(session)
    }

    /// The rate at which a drill second with `count` attempts can be done.
    fn second_rate(&self, count: f64, load: &Load) -> f64 {
        let outboxes = if load.attempts_succeed {
            count * load.backlog
        } else {
            0.0
        };
        let publishes = outboxes + self.production(load);
        let work = self.capacity(load).seconds(count) + self.publishes.seconds(publishes);
        (1.0 / work).min(self.attempts_rate(load))
    }

    /// Publishes per drill second, and what is produced into outboxes meanwhile at its share of their cost.
    fn production(&self, load: &Load) -> f64 {
        self.steady * (load.connected + (1.0 - load.connected) * UNPUBLISHED)
    }

    /// What keeps the rate at or below `rate`: the messages of the steady state, how long their acknowledgements take,
    /// or more than that.
    pub(crate) fn limit(&self, rate: f64, load: &Load) -> &'static str {
        let steady = 1.0 / self.publishes.seconds(self.production(load)).max(1.0 / UNBOUNDED);
        match () {
            () if rate >= steady => "messages of the fleet",
            () if rate >= self.ack.rate_within(self.timeouts.ping) => "acknowledgements to the fleet",
            () => "connects and outboxes of the fleet",
        }
    }

    /// The rate at which what is there now, and what comes all the time, can be done.
    fn present_rate(&self, load: &Load) -> f64 {
        let steady = self.production(load);
        let mut work = self.publishes.seconds(steady);
        let mut rate = if steady > 0.0 {
            self.ack.rate_within(self.timeouts.ping)
        } else {
            UNBOUNDED
        };
        if load.attempts > 0 {
            let capacity = self.capacity(load);
            work += capacity.seconds(capacity.beyond(load.attempts, FLUID_ATTEMPTS));
            rate = rate.min(self.attempts_rate(load));
        }
        work += self
            .publishes
            .seconds(self.publishes.beyond(load.publishes, FLUID_PUBLISHES));
        rate.min(1.0 / work.max(1.0 / UNBOUNDED))
    }
}

fn second(at: DrillTime) -> i64 {
    at.as_us().div_euclid(SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(steady: f64) -> Demand {
        let timeouts = Timeouts {
            connect: Span::from_mins(60),
            ping: Span::from_mins(60),
            turn: Span::from_mins(60),
            outbox: None,
        };
        Demand::new(steady, timeouts)
    }

    fn s(seconds: i64) -> DrillTime {
        DrillTime::from_secs(seconds)
    }

    #[test]
    fn steady_publishing_bounds_the_rate() {
        let mut load = Load {
            connected: 1.0,
            ..Load::default()
        };
        let rate = demand(50.0).rate(s(0), &load);
        assert!((279.0..281.0).contains(&rate), "{rate}");
        load.connected = 0.0;
        let rate = demand(50.0).rate(s(0), &load);
        assert!((2790.0..2810.0).contains(&rate), "into outboxes: {rate}");
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
    fn a_queue_is_work_of_the_present_second() {
        let demand = demand(0.0);
        let load = Load {
            attempts: 1040,
            ..Load::default()
        };
        let moving = demand.rate(s(0), &load);
        assert!((1.9..2.1).contains(&moving), "{moving}");
    }

    #[test]
    fn a_refusal_is_cheaper_than_a_session() {
        let mut demand = demand(0.0);
        demand.timeouts.turn = Span::from_secs(5);
        for _ in 0..1000 {
            demand.expect(s(0));
        }
        let load = Load {
            attempts_refused: true,
            ..Load::default()
        };
        let refused = demand.rate(s(0), &load);
        let expected = REFUSALS / 1000.0;
        assert!((refused - expected).abs() < 0.1, "{refused}");
        assert!(demand.rate(s(0), &Load::default()) < refused / 4.0);
    }

    #[test]
    fn refusals_may_be_spread_over_a_part_of_what_figures_bear() {
        let mut demand = demand(0.0);
        demand.timeouts.turn = Span::from_secs(90);
        for _ in 0..1000 {
            demand.expect(s(0));
        }
        let load = Load {
            attempts_refused: true,
            ..Load::default()
        };
        let spread = demand.rate(s(0), &load);
        assert!((spread - 10.0 * REFUSALS / 1000.0).abs() < 1.0, "{spread}");
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
        assert!(demand.rate(s(0), &load) < 15.0);
    }

    #[test]
    fn attempt_under_way_ends_within_the_timeout_of_the_firmware() {
        let mut demand = demand(0.0);
        demand.timeouts.connect = Span::from_secs(1);
        let load = Load {
            attempts: 1,
            ..Load::default()
        };
        let rate = demand.rate(s(0), &load);
        assert!(
            (16.0..17.0).contains(&rate),
            "three times 20 ms in a second: {rate}"
        );
        assert_eq!(demand.rate(s(0), &Load::default()), UNBOUNDED);
        demand.expect(s(0));
        assert_eq!(demand.rate(s(0), &Load::default()), rate);
        let refused = Load {
            attempts_refused: true,
            ..load
        };
        assert!(demand.rate(s(0), &refused) > 1000.0, "a refusal comes at once");
    }
}
