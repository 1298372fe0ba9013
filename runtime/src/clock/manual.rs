//! A clock moved by hand, for tests: nothing waits, and every timer fires exactly when it is due.

use std::io;
use std::sync::atomic::AtomicU64;

use drill::units::{DrillTime, Span};

use super::drill_clock::Clock;
use super::inner::Source;
use super::state::ClockState;
use super::timeline::Rate;
use crate::wall::Mono;

impl Clock {
    /// A clock for tests, at rate `speed`, whose wall time moves by hand only.
    ///
    /// # Errors
    /// If the system gives no page of memory.
    pub fn by_hand(speed: f64) -> io::Result<(Clock, ManualClock)> {
        // What moves it by hand is itself what would renew the rate, so nothing is granted for moments only.
        let state = ClockState::new(Rate::from_f64(speed), Mono::default());
        let clock = Clock::unattended(state, Source::Manual(AtomicU64::new(1_000_000_000)))?;
        let manual = ManualClock { clock: clock.clone() };
        Ok((clock, manual))
    }
}

/// Moves the wall time under a clock made by [`Clock::by_hand`].
#[derive(Debug)]
pub struct ManualClock {
    pub(super) clock: Clock,
}

impl ManualClock {
    /// How often other tasks get to run after each instant; enough for long chains of tasks.
    const YIELDS: usize = 64;

    /// Moves drill time on by `span`, stopping at each instant at which something is due and letting the
    /// other tasks of this (single-threaded) executor run there.
    pub async fn advance(&self, span: Span) {
        self.advance_to(self.clock.now() + span).await;
    }

    /// Moves drill time on to `instant`; see [`ManualClock::advance`]. A frozen clock does not move.
    pub async fn advance_to(&self, instant: DrillTime) {
        let inner = self.clock.inner();
        loop {
            self.let_others_run().await;
            let next = inner.drive();
            let (view, now) = inner.view();
            let Some(end) = view.segment.wall_at(instant) else {
                return;
            };
            let end = end.max(now);
            let stop = next.map_or(end, |next| next.clamp(now, end));
            inner.set_manual_time(stop);
            inner.drive();
            if stop == end {
                self.let_others_run().await;
                return;
            }
        }
    }

    /// Moves wall time on by `ns` nanoseconds at once, as if this machine had been stalled.
    pub fn jump_ns(&self, ns: u64) {
        let inner = self.clock.inner();
        inner.set_manual_time(Mono::from_ns(inner.mono().as_ns() + ns));
        inner.drive();
    }

    async fn let_others_run(&self) {
        for _ in 0..ManualClock::YIELDS {
            tokio::task::yield_now().await;
        }
    }
}
