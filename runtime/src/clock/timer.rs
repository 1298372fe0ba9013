//! Timers as futures: sleeping, ticking, timing out; all in drill time.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use drill::units::{DrillTime, Span};

use super::drill_clock::Clock;
use super::queue::{Precision, TimerId, TimerState};

impl Clock {
    /// Waits until `due`; ready at once if that has passed. Before the start nothing fires.
    pub fn sleep_until(&self, due: DrillTime) -> Sleep {
        Sleep::new(self, due)
    }

    /// Like [`Clock::sleep_until`], for one of thousands of timers that need not be precise: it fires together with
    /// others that are due at nearly the same time, later by the slack of [`Clock::coalesce`] and by 5 ms of wall time
    /// at the most.
    pub fn coalesced_sleep_until(&self, due: DrillTime) -> Sleep {
        Sleep::new(self, due).coalesced()
    }

    /// Waits for `span` of drill time from now on.
    pub fn sleep(&self, span: Span) -> Sleep {
        Sleep::new(self, self.now() + span)
    }

    /// Ticks at `start` and each `period` thereafter.
    pub fn interval(&self, start: DrillTime, period: Span) -> Interval {
        Interval::new(self, start, period)
    }

    /// The future's result, or [`Elapsed`] if it takes longer than `span` of drill time from now on.
    pub fn timeout<F: Future>(
        &self,
        span: Span,
        future: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed<F::Output>>> + use<F> {
        timeout(self.sleep(span), future)
    }
}

/// A timer has fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// When it was due.
    pub due: DrillTime,
    /// Wall time in microseconds from then until its owner saw it.
    pub late_us: u64,
}

/// A future did not end in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not done by {due} of drill time")]
pub struct Elapsed<T> {
    /// When it had to be done.
    pub due: DrillTime,
    /// What came of it too late, where its owner looked again only once both were over, the future and its time.
    pub late: Option<T>,
}

/// Waits for an instant of drill time. Armed when it is first polled; dropping it cancels it.
#[must_use = "a timer does nothing unless it is awaited"]
pub struct Sleep {
    clock: Clock,
    precision: Precision,
    due: DrillTime,
    timer: Option<TimerId>,
}

impl Sleep {
    pub(super) fn new(clock: &Clock, due: DrillTime) -> Sleep {
        Sleep {
            clock: clock.clone(),
            precision: Precision::Precise,
            due,
            timer: None,
        }
    }

    pub(super) fn coalesced(mut self) -> Sleep {
        self.precision = Precision::Coalesced;
        self
    }

    /// When it is due.
    pub fn due(&self) -> DrillTime {
        self.due
    }
}

impl Future for Sleep {
    type Output = Fired;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fired> {
        let due = self.due;
        let inner = self.clock.inner();
        let late_us = match self.timer {
            None => match inner.arm(self.precision, due, cx.waker()) {
                Ok(timer) => {
                    self.timer = Some(timer);
                    return Poll::Pending;
                }
                Err(late_us) => late_us,
            },
            Some(timer) => match inner.poll_timer(timer, cx.waker()) {
                TimerState::Waiting(replaced) => {
                    drop(replaced);
                    return Poll::Pending;
                }
                TimerState::Fired(due_wall) => inner.delivered(self.precision, due, due_wall),
            },
        };
        self.timer = None;
        Poll::Ready(Fired { due, late_us })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.clock.inner().cancel(timer);
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("due", &self.due).finish()
    }
}

/// Ticks at `start`, `start + period`, and so on. A tick that its owner was too busy for is not skipped: it
/// comes at once, with the due time that it had.
#[derive(Debug)]
pub struct Interval {
    sleep: Sleep,
    period: Span,
}

impl Interval {
    pub(super) fn new(clock: &Clock, start: DrillTime, period: Span) -> Interval {
        Interval {
            sleep: Sleep::new(clock, start),
            period: period.max(Span::from_us(1)),
        }
    }

    /// The next tick. Nothing is lost when this future is dropped before it is ready.
    pub async fn tick(&mut self) -> Fired {
        let fired = poll_fn(|cx| Pin::new(&mut self.sleep).poll(cx)).await;
        self.sleep.due += self.period;
        fired
    }

    /// When the next tick is due.
    pub fn next_due(&self) -> DrillTime {
        self.sleep.due
    }

    /// Skips the ticks that are due before `instant`; returns how many.
    pub fn skip_before(&mut self, instant: DrillTime) -> u64 {
        let behind = (instant - self.sleep.due).as_us();
        if behind <= 0 {
            return 0;
        }
        let period = self.period.as_us();
        let ticks = (behind - 1) / period + 1;
        let due = self.sleep.due + self.period.times(ticks);
        self.sleep = Sleep::new(&self.sleep.clock, due);
        ticks as u64
    }
}

/// `future`, or [`Elapsed`] once `sleep` is due: which of the two is polled first decides nothing.
pub(super) async fn timeout<F: Future>(sleep: Sleep, future: F) -> Result<F::Output, Elapsed<F::Output>> {
    let clock = sleep.clock.clone();
    let due = sleep.due;
    let mut future = pin!(future);
    let mut sleep = pin!(sleep);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(if clock.now() > due {
                Err(Elapsed {
                    due,
                    late: Some(output),
                })
            } else {
                Ok(output)
            });
        }
        sleep.as_mut().poll(cx).map(|_| Err(Elapsed { due, late: None }))
    })
    .await
}
