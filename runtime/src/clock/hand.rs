//! A clock moved by hand, for tests: nothing waits, and every timer fires exactly when it is due.

use drill::units::{DrillTime, Span};

use super::Clock;
use crate::wall::Mono;

/// Moves the wall time under a clock made by [`Clock::by_hand`].
#[derive(Debug)]
pub struct Hand {
    pub(super) clock: Clock,
}

impl Hand {
    /// How often other tasks get to run after each instant; enough for long chains of tasks.
    const YIELDS: usize = 64;

    /// Moves drill time on by `span`, stopping at each instant at which something is due and letting the
    /// other tasks of this (single-threaded) executor run there.
    pub async fn advance(&self, span: Span) {
        self.advance_to(self.clock.now() + span).await;
    }

    /// Moves drill time on to `instant`; see [`Hand::advance`]. A frozen clock does not move.
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
            inner.move_hand(stop);
            inner.drive();
            if stop == end {
                self.let_others_run().await;
                return;
            }
        }
    }

    /// Moves wall time on by `ns` nanoseconds at once, as if this machine had been too busy to look.
    pub fn jump_ns(&self, ns: u64) {
        let inner = self.clock.inner();
        inner.move_hand(Mono::from_ns(inner.mono().as_ns() + ns));
        inner.drive();
    }

    async fn let_others_run(&self) {
        for _ in 0..Hand::YIELDS {
            tokio::task::yield_now().await;
        }
    }
}
