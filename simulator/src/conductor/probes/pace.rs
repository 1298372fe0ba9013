//! The pace: what comes through in real time must not look slow because drill time is fast.
//!
//! A probe's transit is modelled waiting plus real work, and what of the latter does not hold the clock
//! grows with its rate. So the rate stays where a probe's 99th percentile of transit is below a third of
//! its timeout, and where the rate follows accuracy also where what is not modelled is below a hundredth of the
//! targets of its services. Transit grows with the rate at most in proportion, so the rate that is sought is that at
//! which what was seen would have taken a little less than is allowed.
//!
//! What a fault adds is modelled, too, and does not shrink with the rate: where half the rate did not shorten a transit,
//! the rate was not what made it long.

use drill::journal::Health;
use drill::scenario::{Probe, Speed};
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::clock::{Clock, ClockLimit};

use crate::conductor::accuracy::Accuracy;
use crate::conductor::spec::DrillSpec;
use crate::services::probe_of;

/// Over how many results the percentile is taken.
const WINDOW: usize = 16;

/// The slowest pace.
const SLOWEST: f64 = 1.0;

/// The share of what is allowed that is aimed at: near enough to lose no time, and far enough that the next slow one
/// does not break it.
const AIM: f64 = 0.75;

/// Below this share there is room for more speed. Well below the aim, or each window would change the rate.
const ROOM: f64 = 0.6;

/// One change makes it slower or faster by this factor at the most: the slowest of a few is a rough measure.
const AT_MOST: f64 = 2.0;

/// A transit of this share of the one before the rate was lowered was not shortened by that.
const UNCHANGED: f64 = 0.9;

/// After so many red results in a row it is the service: what comes after them says nothing that is not known, and
/// to hold the clock for each would make a long outage last as long here.
const RED_BEYOND_DOUBT: u32 = 3;

pub(super) struct Pace {
    clock: Clock,
    /// The highest rate of this drill.
    speed: f64,
    allowed: Allowed,
    reason: String,
    state: Mutex<State>,
}

/// What a transit may take.
#[derive(Clone, Copy, Debug)]
struct Allowed {
    /// This it may wait for what is modelled.
    modelled: Span,
    /// And this it may take beyond that.
    real: Span,
}

#[derive(Default)]
struct State {
    transits: Vec<Span>,
    ceiling: Option<(ClockLimit, f64)>,
    /// When the pace was last changed.
    changed: Option<DrillTime>,
    /// Red results since the last green one.
    red: u32,
    /// The transit for which it was made slower last.
    slowed_for: Option<Span>,
    /// What is modelled beyond what was allowed for.
    added: Span,
}

/// What a result means for the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Turn {
    Keep,
    /// By this factor.
    Slower(f64),
    /// By this factor.
    Faster(f64),
}

impl Allowed {
    fn for_probe(spec: &DrillSpec, probe: &Probe) -> Allowed {
        let third = Allowed {
            modelled: Span::ZERO,
            real: probe.timeout.divided(3),
        };
        let services = spec.scenario.objectives.services.iter();
        let of_probe = services.filter(|service| service.probe == probe.name);
        let exact = of_probe.filter_map(Accuracy::of_service).min();
        match (spec.pacing, exact) {
            (Speed::Auto, Some(exact)) => third.or_less(spec, probe, exact),
            _ => third,
        }
    }

    /// No more than `exact` beyond what the path makes its messages wait for, if that is less.
    fn or_less(self, spec: &DrillSpec, probe: &Probe, exact: Span) -> Allowed {
        let modelled = probe_of(&probe.kind).modelled_wait(spec);
        if modelled + exact < self.real {
            Allowed {
                modelled,
                real: exact,
            }
        } else {
            self
        }
    }
}

impl Pace {
    pub(super) fn new(spec: &DrillSpec, clock: &Clock, probe: &Probe) -> Pace {
        Pace {
            clock: clock.clone(),
            speed: spec.speed,
            allowed: Allowed::for_probe(spec, probe),
            reason: format!("transit of probe {}", probe.name),
            state: Mutex::default(),
        }
    }

    /// A round that began at `began` ended at `at`.
    pub(super) fn result(&self, health: Health, began: DrillTime, at: DrillTime) {
        let mut state = self.state.lock();
        state.count(health);
        // A red result says nothing of the pace; an unknown one says that it is too fast. What began before
        // the last change was of another pace.
        if health == Health::Red || state.changed.is_some_and(|changed| began < changed) {
            return;
        }
        let from = state.ceiling.as_ref().map_or(self.speed, |(_, rate)| *rate);
        match state.turn(at.since(began), self.allowed) {
            Turn::Keep => {}
            Turn::Slower(factor) => self.put(&mut state, (from * factor).max(SLOWEST)),
            // Without a ceiling it is as fast as it may be.
            Turn::Faster(_) if state.ceiling.is_none() => {}
            Turn::Faster(factor) => self.put(&mut state, (from * factor).min(self.speed)),
        }
    }

    /// Whether a round without an answer may still be this machine's doing.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.state.lock().is_in_doubt()
    }

    fn put(&self, state: &mut State, rate: f64) {
        state.transits.clear();
        state.changed = Some(self.clock.now());
        match &mut state.ceiling {
            Some((ceiling, set)) => {
                ceiling.set(rate);
                *set = rate;
            }
            none => *none = Some((self.clock.limit_rate(rate, &self.reason), rate)),
        }
    }
}

impl State {
    fn count(&mut self, health: Health) {
        match health {
            Health::Green => self.red = 0,
            Health::Red => self.red = self.red.saturating_add(1),
            Health::Unknown => {}
        }
    }

    fn is_in_doubt(&self) -> bool {
        self.red < RED_BEYOND_DOUBT
    }

    fn turn(&mut self, transit: Span, allowed: Allowed) -> Turn {
        if self.added > Span::ZERO && transit < allowed.modelled + self.added.divided(2) {
            self.added = Span::ZERO;
            self.transits.clear();
        }
        self.transits.push(transit);
        // The 99th percentile of so few is their largest.
        let worst = self.transits.iter().copied().max().unwrap_or(Span::ZERO);
        let real = worst - allowed.modelled - self.added;
        let share = real.at_least_zero().as_secs_f64() / allowed.real.as_secs_f64();
        if share > 1.0 {
            if self
                .slowed_for
                .is_some_and(|before| worst.as_secs_f64() > before.as_secs_f64() * UNCHANGED)
            {
                self.added = worst - allowed.modelled;
                self.slowed_for = None;
                self.transits.clear();
                return Turn::Keep;
            }
            self.slowed_for = Some(worst);
            return Turn::Slower((AIM / share).max(1.0 / AT_MOST));
        }
        if self.transits.len() < WINDOW {
            return Turn::Keep;
        }
        self.transits.clear();
        self.slowed_for = None;
        if share <= ROOM {
            Turn::Faster((AIM / share).min(AT_MOST))
        } else {
            Turn::Keep
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNDRED: Allowed = Allowed {
        modelled: Span::ZERO,
        real: Span::from_secs(100),
    };

    fn after_a_window(transit: i64) -> Turn {
        let mut state = State::default();
        let turns: Vec<Turn> = (0..WINDOW)
            .map(|_| state.turn(Span::from_secs(transit), HUNDRED))
            .collect();
        assert_eq!(turns[..WINDOW - 1], [Turn::Keep; WINDOW - 1]);
        turns[WINDOW - 1]
    }

    #[test]
    fn one_slow_transit_is_enough_to_slow_down() {
        let slow = |secs| State::default().turn(Span::from_secs(secs), HUNDRED);
        assert_eq!(slow(100), Turn::Keep);
        assert_eq!(slow(125), Turn::Slower(0.6));
        assert_eq!(slow(1000), Turn::Slower(0.5));
    }

    #[test]
    fn many_fast_ones_recover_what_room_there_is() {
        assert_eq!(after_a_window(50), Turn::Faster(1.5));
        assert_eq!(after_a_window(1), Turn::Faster(2.0));
        assert_eq!(after_a_window(0), Turn::Faster(2.0));
    }

    #[test]
    fn what_is_modelled_is_no_work_of_this_machine() {
        let allowed = Allowed {
            modelled: Span::from_secs(12),
            real: Span::from_secs(10),
        };
        let turn = |secs| State::default().turn(Span::from_secs(secs), allowed);
        assert_eq!(turn(22), Turn::Keep);
        assert_eq!(turn(27), Turn::Slower(0.5));
    }

    #[test]
    fn a_transit_that_half_the_rate_does_not_shorten_is_the_faults() {
        let mut state = State::default();
        let mut turn = |secs| {
            let turn = state.turn(Span::from_secs(secs), HUNDRED);
            if turn != Turn::Keep {
                state.transits.clear();
            }
            turn
        };
        assert_eq!(turn(160), Turn::Slower(0.5));
        assert_eq!(turn(158), Turn::Keep, "as long as before");
        assert_eq!(turn(158), Turn::Keep);
        assert_eq!(turn(20), Turn::Keep, "the fault is over");
        assert_eq!(turn(160), Turn::Slower(0.5));
        assert_eq!(turn(120), Turn::Slower(0.625), "shorter, and not enough");
    }

    #[test]
    fn red_again_and_again_leaves_no_doubt_until_it_is_green() {
        let mut state = State::default();
        let mut after = |health| {
            state.count(health);
            state.is_in_doubt()
        };
        assert!(after(Health::Red) && after(Health::Red) && after(Health::Unknown));
        assert!(!after(Health::Red) && !after(Health::Unknown));
        assert!(after(Health::Green));
    }

    #[test]
    fn near_the_allowance_the_pace_stays() {
        assert_eq!(after_a_window(61), Turn::Keep);
        assert_eq!(after_a_window(100), Turn::Keep);
    }
}
