//! What decides the rate: a pure state machine, `(input, wall now) -> rate`.
//!
//! ```text
//!   speed ─────────┐
//!   accuracy ──────┤
//!   rate limits ───┼─ min ─┬─ × lateness factor ──► rate, and what limits it
//!   guards held ───────────┴─ at most 1
//! ```
//!
//! A rate above 1 is granted for moments ([`Accuracy::grant`]), and renewed by [`ClockState::tick`].
//!
//! It also keeps the accounts that rest on the rate: the span that each guard was held, the union of the
//! guards of one piece of work, and wall time spent at each rate and under each limit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use drill::journal::{LimitShare, RateShare};
use drill::units::{DrillTime, Span};
use slab::Slab;

use super::accuracy::Accuracy;
use super::backoff::Backoff;
use super::limit::{LimitReason, LimitTimes};
use super::meter::{Held, WorkIntervals};
use super::reason::{RateChange, Reason};
use super::timeline::{Rate, Segment};
use crate::wall::Mono;

/// Where the drill stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before drill 0: nothing fires.
    Frozen,
    /// Between drill 0 and the end.
    Running,
    /// After the end: time stands.
    Stopped,
}

#[derive(Debug)]
struct Guard {
    label: Arc<str>,
    meter: Option<usize>,
    from: DrillTime,
    gives_up: Option<Mono>,
    ended: Option<DrillTime>,
}

/// The state of a drill clock.
#[derive(Debug)]
pub(super) struct ClockState {
    speed: Rate,
    /// Whether rates above 1 are granted for moments only.
    grants: bool,
    phase: Phase,
    segment: Segment,
    calendar_us: i64,
    started: Mono,
    guards: Slab<Guard>,
    meters: Slab<WorkIntervals>,
    rate_limits: Slab<(Rate, Arc<str>)>,
    accuracy: Accuracy,
    backoff: Backoff,
    changes: Vec<RateChange>,
    spent_ns: BTreeMap<Rate, u64>,
    limits: LimitTimes,
}

impl ClockState {
    /// A frozen clock with a limit of `speed`.
    pub(super) fn new(speed: Rate, now: Mono) -> ClockState {
        ClockState {
            speed,
            grants: false,
            phase: Phase::Frozen,
            segment: Segment::frozen(now),
            calendar_us: 0,
            started: now,
            guards: Slab::new(),
            meters: Slab::new(),
            rate_limits: Slab::new(),
            accuracy: Accuracy::unlimited(),
            backoff: Backoff::default(),
            changes: Vec::new(),
            spent_ns: BTreeMap::new(),
            limits: LimitTimes::default(),
        }
    }

    /// The rate is the highest at which no event is dated wrong by more than `tolerance`, and `speed` bounds it.
    pub(super) fn within(mut self, tolerance: Span) -> ClockState {
        self.accuracy = Accuracy::within(tolerance);
        self
    }

    /// Rates above 1 are granted for moments, and renewed by ticks: there is a thread that makes them.
    pub(super) fn granted(mut self) -> ClockState {
        self.grants = true;
        self
    }

    /// The current stretch of drill time.
    pub(super) fn segment(&self) -> Segment {
        self.segment
    }

    /// Where the drill stands.
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Drill 0 in microseconds since the Unix epoch; 0 before the start.
    pub(super) fn calendar_us(&self) -> i64 {
        self.calendar_us
    }

    /// Drill 0 is `now`, `calendar_us` on the calendar. Does nothing unless frozen.
    pub(super) fn start(&mut self, now: Mono, calendar_us: i64) {
        if self.phase != Phase::Frozen {
            return;
        }
        self.phase = Phase::Running;
        self.calendar_us = calendar_us;
        self.started = now;
        self.segment = Segment::frozen(now);
        self.settle(now, Reason::Started);
    }

    /// Drill time stands from now on.
    pub(super) fn stop(&mut self, now: Mono) {
        if self.phase != Phase::Running {
            return;
        }
        self.phase = Phase::Stopped;
        self.settle(now, Reason::Stopped);
    }

    /// Acquires a guard, which counts towards `meter` and gives itself up after `limit` of wall time.
    pub(super) fn hold(
        &mut self,
        now: Mono,
        label: Arc<str>,
        meter: Option<usize>,
        limit: Option<Duration>,
    ) -> usize {
        let from = self.segment.drill_at(now);
        let guard = self.guards.insert(Guard {
            label: Arc::clone(&label),
            meter,
            from,
            gives_up: limit.map(|limit| now.after(limit)),
            ended: None,
        });
        self.settle(now, Reason::Held(label));
        if let Some(meter) = meter {
            self.meters[meter].enter(from);
        }
        guard
    }

    /// How long a guard has been held until now.
    pub(super) fn held(&self, now: Mono, guard: usize) -> Held {
        let guard = &self.guards[guard];
        Held {
            from: guard.from,
            to: guard.ended.unwrap_or_else(|| self.segment.drill_at(now)),
        }
    }

    /// Releases a guard and removes it.
    pub(super) fn release(&mut self, now: Mono, guard: usize) -> Held {
        let held = self.held(now, guard);
        self.end_guard(now, guard, Reason::Released);
        self.guards.remove(guard);
        held
    }

    fn end_guard(&mut self, now: Mono, index: usize, reason: fn(Arc<str>) -> Reason) {
        let guard = &mut self.guards[index];
        if guard.ended.is_some() {
            return;
        }
        let end = self.segment.drill_at(now);
        guard.ended = Some(end);
        let (label, meter) = (Arc::clone(&guard.label), guard.meter);
        if let Some(meter) = meter {
            self.meters[meter].leave(end);
        }
        self.settle(now, reason(label));
    }

    /// A new meter of work; see [`ClockState::measured`].
    pub(super) fn new_meter(&mut self) -> usize {
        self.meters.insert(WorkIntervals::default())
    }

    /// The union so far of the spans of a meter's guards.
    pub(super) fn measured(&self, now: Mono, meter: usize) -> Span {
        self.meters[meter].measured(self.segment.drill_at(now))
    }

    /// When the guards of a meter were held, those that have ended.
    pub(super) fn intervals(&self, meter: usize) -> Vec<Held> {
        self.meters[meter].intervals()
    }

    /// Removes a meter, whose guards have all ended.
    pub(super) fn drop_meter(&mut self, meter: usize) {
        self.meters.remove(meter);
    }

    /// Sets a limit of the rate.
    pub(super) fn add_limit(&mut self, now: Mono, rate: Rate, reason: Arc<str>) -> usize {
        let limit = self.rate_limits.insert((rate, Arc::clone(&reason)));
        self.settle(now, Reason::Limited(reason));
        limit
    }

    /// Changes a limit.
    pub(super) fn set_limit(&mut self, now: Mono, limit: usize, rate: Rate) {
        self.rate_limits[limit].0 = rate;
        let reason = Arc::clone(&self.rate_limits[limit].1);
        self.settle(now, Reason::Limited(reason));
    }

    /// Changes a limit and its reason.
    pub(super) fn replace_limit(&mut self, now: Mono, limit: usize, rate: Rate, reason: Arc<str>) {
        self.rate_limits[limit].1 = reason;
        self.set_limit(now, limit, rate);
    }

    /// Removes a limit.
    pub(super) fn remove_limit(&mut self, now: Mono, limit: usize) {
        let (_, reason) = self.rate_limits.remove(limit);
        self.settle(now, Reason::LimitRemoved(reason));
    }

    /// Whether a timer that was due at `due` and reached its owner `late` is to lower the rate, by
    /// [`ClockState::back_off`].
    pub(super) fn is_too_late(&self, due: Mono, late: Duration) -> bool {
        let tolerated = self.accuracy.tolerated(self.segment.rate);
        self.segment.rate > Rate::ONE && self.backoff.is_due(due, late, tolerated)
    }

    /// A timer was `late`. Whether [`ClockState::keep_accuracy`] has something to do.
    pub(super) fn was_late(&mut self, late: Duration) -> bool {
        self.accuracy.observe(late)
    }

    /// The rate follows the accuracy.
    pub(super) fn keep_accuracy(&mut self, now: Mono) {
        let late = self.accuracy.late();
        self.settle(now, Reason::Accuracy(late));
    }

    /// Halves the rate because a timer was `late`; it recovers over a second.
    pub(super) fn back_off(&mut self, now: Mono, late: Duration) {
        if self.segment.rate > Rate::ONE {
            self.backoff.halve(now);
            self.settle(now, Reason::Late(late));
        }
    }

    /// When [`ClockState::tick`] has something to do.
    pub(super) fn next_tick(&self) -> Option<Mono> {
        let limits = self.guards.iter().filter(|(_, guard)| guard.ended.is_none());
        limits
            .filter_map(|(_, guard)| guard.gives_up)
            .chain(self.backoff.next_step())
            .chain(self.renewal())
            .min()
    }

    /// When the rate is to be renewed: when half of its grant is over.
    fn renewal(&self) -> Option<Mono> {
        let until = self.segment.until;
        let half = self.accuracy.grant(self.segment.rate) / 2;
        (until < Mono::MAX).then(|| Mono::from_ns(until.as_ns().saturating_sub(half.as_nanos() as u64)))
    }

    fn grant(&mut self, now: Mono) {
        self.segment.until = if self.grants && self.segment.rate > Rate::ONE {
            now.after(self.accuracy.grant(self.segment.rate))
        } else {
            Mono::MAX
        };
    }

    /// Records that the rate was not renewed in time.
    fn lapse(&mut self, now: Mono) {
        if self.segment.has_lapsed(now) {
            let lapsed = self.segment.lapsed();
            self.switch(lapsed, Reason::Stalled);
            self.limits
                .change(lapsed.wall, lapsed.drill_fs, LimitReason::Stalled);
        }
    }

    /// Does what wall time alone brings: guards that give themselves up, steps of recovery, another moment at this rate.
    pub(super) fn tick(&mut self, now: Mono) {
        if self.segment.has_lapsed(now) {
            let stalled = now.since(self.segment.until);
            self.accuracy.observe(stalled);
            self.settle(now, Reason::Resumed(stalled));
        } else if self.renewal().is_some_and(|at| at <= now) {
            self.grant(now);
        }
        let over = |guard: &Guard| guard.ended.is_none() && guard.gives_up.is_some_and(|at| at <= now);
        let ended: Vec<usize> = self
            .guards
            .iter()
            .filter(|(_, g)| over(g))
            .map(|(i, _)| i)
            .collect();
        for guard in ended {
            self.end_guard(now, guard, Reason::GaveUp);
        }
        if self.backoff.step(now) {
            self.settle(now, Reason::Recovering);
        }
    }

    /// The changes of rate since the last call, in order.
    pub(super) fn take_changes(&mut self) -> Vec<RateChange> {
        std::mem::take(&mut self.changes)
    }

    /// Whether there are changes of rate to take.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Wall seconds spent at each rate up to `now`, slowest first, without the time before drill 0 and
    /// after the end.
    pub(super) fn spent(&self, now: Mono) -> Vec<RateShare> {
        let mut spent_ns = self.spent_ns.clone();
        if self.phase == Phase::Running {
            let mut spend = |segment: &Segment, to: Mono| {
                *spent_ns.entry(segment.rate).or_default() += to.since(segment.wall).as_nanos() as u64;
            };
            spend(&self.segment, now.min(self.segment.until));
            if self.segment.has_lapsed(now) {
                spend(&self.segment.lapsed(), now);
            }
        }
        spent_ns
            .into_iter()
            .map(|(rate, ns)| RateShare {
                rate: rate.as_f64(),
                wall_s: ns as f64 / 1e9,
            })
            .collect()
    }

    /// What limits the rate at the moment.
    pub(super) fn limit(&self) -> &LimitReason {
        self.limits.current()
    }

    /// Wall time and drill time under each limit up to `now`, without the time before drill 0 and after the end.
    pub(super) fn limits(&self, now: Mono) -> Vec<LimitShare> {
        self.limits.shares(now, self.segment.drill_fs_at(now))
    }

    /// The rate that the state requires, and what keeps it from being higher.
    fn wanted(&self) -> (Rate, LimitReason) {
        if self.phase != Phase::Running {
            return (Rate::ZERO, LimitReason::NotRunning);
        }
        let accuracy = self.accuracy.limit().map(|rate| (rate, LimitReason::Accuracy));
        let rate_limits = self.rate_limits.iter();
        let rate_limits =
            rate_limits.map(|(_, (rate, reason))| (*rate, LimitReason::Imposed(Arc::clone(reason))));
        let all = accuracy.into_iter().chain(rate_limits);
        let (base, limit) = all.fold((self.speed, LimitReason::Speed), |lowest, next| {
            if next.0 < lowest.0 { next } else { lowest }
        });
        let held = self.guards.iter().find(|(_, guard)| guard.ended.is_none());
        if let Some((_, guard)) = held
            && base > Rate::ONE
        {
            return (Rate::ONE, LimitReason::Held(Arc::clone(&guard.label)));
        }
        match self.backoff.applied(base) {
            lowered if lowered < base => (lowered, LimitReason::Late),
            _ => (base, limit),
        }
    }

    /// Switches to the rate that the state requires, if it is another, and updates the accounts.
    fn settle(&mut self, now: Mono, reason: Reason) {
        self.lapse(now);
        let (rate, limit) = self.wanted();
        self.limits.change(now, self.segment.drill_fs_at(now), limit);
        if rate == self.segment.rate {
            return;
        }
        self.switch(self.segment.switched(now, rate), reason);
        self.grant(now);
    }

    /// Another segment begins.
    fn switch(&mut self, next: Segment, reason: Reason) {
        if self.segment.rate != Rate::ZERO {
            let passed = next.wall.since(self.segment.wall).as_nanos() as u64;
            *self.spent_ns.entry(self.segment.rate).or_default() += passed;
        }
        self.segment = next;
        self.changes.push(RateChange {
            drill: next.drill_at(next.wall),
            wall_us: self.calendar_us + next.wall.since(self.started).as_micros() as i64,
            rate: next.rate.as_f64(),
            reason,
        });
    }
}
