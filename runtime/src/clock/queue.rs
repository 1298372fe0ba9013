//! The queue of timers: pure, in drill time, ordered by (due, sequence).
//!
//! ```text
//!   precise    ──┬────────┬──────►   each wakes the timer thread at its due time
//!   coalesced  ─┬┬─┬┬┬──┬─┬┬─┬──►   the first of a group wakes it up to a slack later, and all fire together
//! ```
//!
//! Arming, cancelling and firing cost O(log n) and a cancelled timer leaves nothing behind, so a million
//! of them are fine.

use std::collections::BTreeMap;
use std::task::Waker;

use drill::units::DrillTime;
use slab::Slab;

use crate::wall::Mono;

/// How a timer is fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// As soon as it is due.
    Precise,
    /// Together with others that are due at nearly the same time.
    Coalesced,
}

/// A timer's place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimerId {
    precision: Precision,
    due: DrillTime,
    sequence: u64,
    slot: usize,
}

#[derive(Debug)]
enum Slot {
    Waiting(Waker),
    /// Fired, and due at this wall instant; not polled since.
    Fired(Mono),
}

/// Timers of one precision by due time and sequence; the values are their slots.
type Lane = BTreeMap<(DrillTime, u64), usize>;

/// All timers of one process.
#[derive(Debug, Default)]
pub(super) struct TimerQueue {
    precise: Lane,
    coalesced: Lane,
    slots: Slab<Slot>,
    sequence: u64,
}

/// The state of a timer when it is polled.
#[derive(Debug)]
pub(super) enum TimerState {
    /// Not yet due; the waker will be woken, in the place of this one (to be dropped outside of locks).
    Waiting(Option<Waker>),
    /// Fired; it was due at this wall instant, and is forgotten now.
    Fired(Mono),
}

impl TimerQueue {
    /// Arms a timer; the flag is true if it is now the first of its precision.
    pub(super) fn arm(&mut self, precision: Precision, due: DrillTime, waker: Waker) -> (TimerId, bool) {
        let sequence = self.sequence;
        self.sequence += 1;
        let first = self.next_due(precision).is_none_or(|next| due < next);
        let slot = self.slots.insert(Slot::Waiting(waker));
        self.lane(precision).insert((due, sequence), slot);
        let id = TimerId {
            precision,
            due,
            sequence,
            slot,
        };
        (id, first)
    }

    fn lane(&mut self, precision: Precision) -> &mut Lane {
        match precision {
            Precision::Precise => &mut self.precise,
            Precision::Coalesced => &mut self.coalesced,
        }
    }

    /// Whether the timer has fired; if not, `waker` is the one to wake from now on.
    pub(super) fn poll(&mut self, id: TimerId, waker: &Waker) -> TimerState {
        match &mut self.slots[id.slot] {
            Slot::Waiting(known) if known.will_wake(waker) => TimerState::Waiting(None),
            Slot::Waiting(known) => TimerState::Waiting(Some(std::mem::replace(known, waker.clone()))),
            Slot::Fired(due_wall) => {
                let due_wall = *due_wall;
                self.slots.remove(id.slot);
                TimerState::Fired(due_wall)
            }
        }
    }

    /// Forgets a timer, fired or not, that has not been seen fired by [`TimerQueue::poll`]. Its waker is
    /// returned since dropping it may drop a task, which may cancel another timer: not under our lock.
    pub(super) fn cancel(&mut self, id: TimerId) -> Option<Waker> {
        self.lane(id.precision).remove(&(id.due, id.sequence));
        match self.slots.remove(id.slot) {
            Slot::Waiting(waker) => Some(waker),
            Slot::Fired(_) => None,
        }
    }

    /// When the next timer of this precision is due.
    pub(super) fn next_due(&self, precision: Precision) -> Option<DrillTime> {
        let lane = match precision {
            Precision::Precise => &self.precise,
            Precision::Coalesced => &self.coalesced,
        };
        lane.first_key_value().map(|((due, _), _)| *due)
    }

    /// Fires the next timer if it is due at `now`, precise ones first; `due_wall` gives the wall instant of its due
    /// time.
    pub(super) fn fire(&mut self, now: DrillTime, due_wall: impl Fn(DrillTime) -> Mono) -> Option<Waker> {
        [Precision::Precise, Precision::Coalesced]
            .into_iter()
            .find_map(|precision| self.fire_in(precision, now, &due_wall))
    }

    fn fire_in(
        &mut self,
        precision: Precision,
        now: DrillTime,
        due_wall: impl Fn(DrillTime) -> Mono,
    ) -> Option<Waker> {
        let entry = self.lane(precision).first_entry()?;
        let (due, _) = *entry.key();
        if due > now {
            return None;
        }
        let slot = entry.remove();
        match std::mem::replace(&mut self.slots[slot], Slot::Fired(due_wall(due))) {
            Slot::Waiting(waker) => Some(waker),
            Slot::Fired(_) => unreachable!("a timer in the queue has not fired"),
        }
    }

    /// How many timers are armed, or fired and not yet polled.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}
