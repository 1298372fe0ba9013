//! The edge of the clock: the lock, the page and the thread around the pure parts.
//!
//! ```text
//!   hold, limit, start ─► ClockState ─► page ─► now() here and in children
//!                               │
//!   sleep ─► TimerQueue ◄── timer thread (one condition variable, armed for the next due instant)
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use parking_lot::{Condvar, Mutex};

use super::lateness::{Accounts, Lateness};
use super::page::{Page, View};
use super::queue::{Precision, TimerId, TimerQueue, TimerState};
use super::reason::RateChange;
use super::state::{ClockState, Phase};
use super::timeline::History;
use crate::wall::{self, Mono};

/// Changes of rate are handed on at most this often, those of the meantime together.
const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// The most by which a coalesced timer is late, in wall time: at 5,000 a second 25 fire together, so that waking the
/// thread, the tasks and the processes beyond them costs a twenty-fifth; and a tenth of what a device waits for at the
/// least.
const COALESCED_WITHIN: Duration = Duration::from_millis(5);
/// Takes changes of rate for the journal.
pub(super) type Listener = Box<dyn FnMut(Vec<RateChange>) + Send>;

/// Where wall time comes from.
pub(super) enum Source {
    Machine,
    /// Nanoseconds, moved by hand.
    Manual(AtomicU64),
}

pub(super) struct Local {
    /// `None` in a process that follows another's clock.
    pub(super) state: Option<ClockState>,
    pub(super) timers: TimerQueue,
    /// The most by which a coalesced timer is late, in drill time.
    pub(super) slack: Span,
    pub(super) history: History,
    phase: Phase,
    lateness: Lateness,
    pub(super) flush_at: Option<Mono>,
    pub(super) closing: bool,
}

pub(super) struct Inner {
    pub(super) page: Arc<Page>,
    source: Source,
    pub(super) local: Mutex<Local>,
    pub(super) wake: Condvar,
    listener: Mutex<Option<Listener>>,
}

impl Local {
    /// Records the content of the page.
    pub(super) fn observe(&mut self, view: &View) {
        if self.phase == Phase::Frozen && view.phase != Phase::Frozen {
            self.history = History::new(view.segment);
        }
        self.phase = view.phase;
        self.history.push(view.segment);
    }

    /// When the timer thread has something to do next.
    pub(super) fn next_wake(&self, now: Mono) -> Option<Mono> {
        let (precise, coalesced) = match self.phase {
            Phase::Frozen => (None, None),
            _ => (self.next_precise(now), self.next_coalesced(now)),
        };
        let tick = self.state.as_ref().and_then(ClockState::next_tick);
        [precise, coalesced, tick, self.flush_at]
            .into_iter()
            .flatten()
            .min()
    }

    fn next_precise(&self, now: Mono) -> Option<Mono> {
        let due = self.timers.next_due(Precision::Precise)?;
        self.history.wake_at(due, now)
    }

    /// The first coalesced timer waits for others, as long as both limits allow.
    fn next_coalesced(&self, now: Mono) -> Option<Mono> {
        let due = self.timers.next_due(Precision::Coalesced)?;
        let at = self.history.wake_at(due, now)?;
        let latest = self.history.wake_at(due + self.slack, now);
        let within = at.after(COALESCED_WITHIN);
        Some(latest.map_or(within, |latest| latest.min(within)))
    }
}

impl Inner {
    pub(super) fn new(page: Page, source: Source, state: Option<ClockState>) -> Inner {
        let inner = Inner {
            page: Arc::new(page),
            source,
            local: Mutex::new(Local {
                state,
                timers: TimerQueue::default(),
                slack: Span::ZERO,
                history: History::new(super::timeline::Segment::frozen(Mono::default())),
                phase: Phase::Frozen,
                lateness: Lateness::new(),
                flush_at: None,
                closing: false,
            }),
            wake: Condvar::new(),
            listener: Mutex::new(None),
        };
        let (view, _) = inner.view();
        inner.local.lock().observe(&view);
        inner
    }

    pub(super) fn mono(&self) -> Mono {
        match &self.source {
            Source::Machine => wall::mono(),
            Source::Manual(ns) => Mono::from_ns(ns.load(Ordering::SeqCst)),
        }
    }

    /// Moves a hand-driven wall clock forward to `to`.
    pub(super) fn set_manual_time(&self, to: Mono) {
        match &self.source {
            Source::Machine => unreachable!("the machine's clock is not moved by hand"),
            Source::Manual(ns) => ns.fetch_max(to.as_ns(), Ordering::SeqCst),
        };
    }

    pub(super) fn view(&self) -> (View, Mono) {
        self.page.read(|| self.mono())
    }

    /// Changes what decides the rate.
    ///
    /// # Panics
    /// In a process that follows another's clock: only the owner decides the rate.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut ClockState, Mono) -> R) -> R {
        let mut local = self.local.lock();
        let state = local.state.as_mut().expect(NOT_OWNER);
        let (result, is_new) = self.page.write(|| {
            let result = change(state, self.mono());
            (result, view_of(state))
        });
        let (view, has_changes) = (view_of(state), state.has_changes());
        local.observe(&view);
        if has_changes && local.flush_at.is_none() {
            local.flush_at = Some(self.mono().after(FLUSH_EVERY));
        }
        self.wake.notify_one(); // A guard with a limit needs the thread even where the rate stays.
        drop(local);
        if is_new {
            self.page.announce();
        }
        result
    }

    /// Changes what has no bearing on the rate.
    pub(super) fn edit<R>(&self, edit: impl FnOnce(&mut ClockState) -> R) -> R {
        edit(self.local.lock().state.as_mut().expect(NOT_OWNER))
    }

    /// Reads the state.
    pub(super) fn read<R>(&self, read: impl FnOnce(&ClockState, Mono) -> R) -> R {
        let local = self.local.lock();
        read(local.state.as_ref().expect(NOT_OWNER), self.mono())
    }

    /// Arms a timer. If it is already overdue, the error is by how much wall time, in microseconds.
    pub(super) fn arm(&self, precision: Precision, due: DrillTime, waker: &Waker) -> Result<TimerId, u64> {
        let mut local = self.local.lock();
        let (view, now) = self.view();
        local.observe(&view);
        if view.phase != Phase::Frozen && view.segment.drill_at(now) >= due {
            let due_wall = local.history.wall_at(due).unwrap_or(now);
            return Err(now.since(due_wall).as_micros() as u64);
        }
        let (timer, is_first) = local.timers.arm(precision, due, waker.clone());
        if is_first {
            self.wake.notify_one();
        }
        Ok(timer)
    }

    pub(super) fn poll_timer(&self, timer: TimerId, waker: &Waker) -> TimerState {
        self.local.lock().timers.poll(timer, waker)
    }

    pub(super) fn cancel(&self, timer: TimerId) {
        let waker = self.local.lock().timers.cancel(timer);
        drop(waker);
    }

    pub(super) fn armed(&self) -> usize {
        self.local.lock().timers.len()
    }

    /// A timer that was due at `due`, on the wall `due_wall`, has reached its owner: by how many
    /// microseconds of wall time too late?
    pub(super) fn delivered(&self, precision: Precision, due: DrillTime, due_wall: Mono) -> u64 {
        let (view, now) = self.view();
        let late = now.since(due_wall);
        let late_us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        let mut local = self.local.lock();
        local
            .lateness
            .record(precision, late_us, view.segment.drill_at(now) - due);
        // What a coalesced timer waited for others is no sign of a slow machine.
        let late = match precision {
            Precision::Precise => late,
            Precision::Coalesced => late.saturating_sub(COALESCED_WITHIN),
        };
        let mut moves = false;
        let mut too_late = false;
        if let Some(state) = local.state.as_mut() {
            moves = precision == Precision::Precise && state.was_late(late);
            too_late = state.is_too_late(due_wall, late);
        }
        drop(local);
        if moves {
            self.change(ClockState::keep_accuracy);
        }
        if too_late {
            // Asked again: another timer may have lowered the rate since.
            self.change(|state, now| {
                if state.is_too_late(due_wall, late) {
                    state.back_off(now, late);
                }
            });
        }
        late_us
    }

    pub(super) fn accounts(&self) -> Accounts {
        let local = self.local.lock();
        let now = self.mono();
        let (rates, limits) = match &local.state {
            Some(state) => (state.spent(now), state.limits(now)),
            None => Default::default(),
        };
        local.lateness.accounts(rates, limits)
    }

    pub(super) fn listen(&self, listener: Listener) {
        *self.listener.lock() = Some(listener);
        self.flush();
    }

    /// Hands the changes of rate on, in order.
    pub(super) fn flush(&self) {
        let mut listener = self.listener.lock();
        let Some(listener) = listener.as_mut() else {
            self.local.lock().flush_at = None;
            return;
        };
        let changes = {
            let mut local = self.local.lock();
            local.flush_at = None;
            local
                .state
                .as_mut()
                .map(ClockState::take_changes)
                .unwrap_or_default()
        };
        if !changes.is_empty() {
            listener(changes);
        }
    }

    pub(super) fn close(&self) {
        self.local.lock().closing = true;
        self.wake.notify_one();
    }
}

const NOT_OWNER: &str = "only the process that made the clock decides its rate";

fn view_of(state: &ClockState) -> View {
    View {
        phase: state.phase(),
        segment: state.segment(),
        calendar_us: state.calendar_us(),
    }
}
