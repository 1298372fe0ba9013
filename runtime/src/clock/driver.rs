//! The timer thread: fires what is due, and does to the rate what wall time alone brings.

use std::num::NonZeroU64;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use super::inner::{Inner, Local};
use super::page::Page;
use super::state::{ClockState, Phase};
use crate::wall::Mono;

/// How many timers fire under one lock.
const BATCH: usize = 256;

impl Inner {
    /// Does everything that is due; returns when to run again.
    pub(super) fn drive(&self) -> Option<Mono> {
        let (tick, flush) = {
            let local = self.local.lock();
            let now = self.mono();
            let tick = local.state.as_ref().and_then(ClockState::next_tick);
            (
                tick.is_some_and(|at| at <= now),
                local.flush_at.is_some_and(|at| at <= now),
            )
        };
        if tick {
            self.change(|state, now| state.tick(now));
        }
        if flush {
            self.flush();
        }
        while self.fire() {}
        self.local.lock().next_wake(self.mono())
    }

    /// Fires some of the timers that are due; true if there may be more.
    fn fire(&self) -> bool {
        let mut wakers = Vec::new();
        let mut local = self.local.lock();
        let (view, now) = self.view();
        local.observe(&view);
        if view.phase == Phase::Frozen {
            return false;
        }
        let Local { timers, history, .. } = &mut *local;
        let now_drill = view.segment.drill_at(now);
        while wakers.len() < BATCH {
            match timers.fire(now_drill, |due| history.wall_at(due).unwrap_or(now)) {
                Some(waker) => wakers.push(waker),
                None => break,
            }
        }
        drop(local);
        let more = wakers.len() == BATCH;
        wakers.into_iter().for_each(Waker::wake);
        more
    }

    /// The timer thread.
    pub(super) fn run(self: Arc<Self>) {
        // Without this the kernel may add 50 µs to each wait, which is 6 ms of drill time at speed 120.
        if let Err(error) = rustix::thread::set_current_timer_slack(NonZeroU64::new(1)) {
            tracing::debug!(%error, "the timer slack stays as it is");
        }
        loop {
            self.drive();
            let mut local = self.local.lock();
            if local.closing {
                return;
            }
            let now = match local.state {
                Some(_) => self.mono(),
                // In a process that follows, the page may have changed since it was last read; grants are not announced.
                None => {
                    let (view, now) = self.view();
                    local.observe(&view);
                    now
                }
            };
            match local.next_wake(now) {
                None => self.wake.wait(&mut local),
                Some(at) if at > now => {
                    self.wake.wait_for(&mut local, at.since(now));
                }
                Some(_) => {}
            }
        }
    }

    /// In a process that follows: re-arms the timer whenever the page changes.
    pub(super) fn watch(page: &Page, inner: &Weak<Inner>) {
        loop {
            let seen = page.generation();
            let Some(inner) = inner.upgrade() else { return };
            let local = inner.local.lock();
            if local.closing {
                return;
            }
            inner.wake.notify_one();
            drop(local);
            drop(inner);
            page.wait_beyond(seen, Duration::from_secs(1));
        }
    }
}
