//! Wall time: the only place that reads the machine's clocks.
//!
//! Everything that a drill schedules or measures goes by [`crate::Clock`]. Wall time is for what lies
//! outside of the drill: SigV4 dates, the timeouts of functions and scripts, waiting for a child to be
//! ready, and the clock itself.

#![allow(clippy::disallowed_methods)] // The replacements that the lint names are made here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// An instant of the machine's monotonic clock, in nanoseconds; the same in all processes of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(u64);

impl Mono {
    /// Later than any instant.
    pub const MAX: Mono = Mono(u64::MAX);

    /// The instant `ns` nanoseconds after the beginning of the monotonic clock.
    pub const fn from_ns(ns: u64) -> Mono {
        Mono(ns)
    }

    /// Nanoseconds since the beginning of the monotonic clock.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Wall time from `earlier` to this instant, 0 if it is not earlier.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The instant `wait` later.
    pub fn after(self, wait: Duration) -> Mono {
        Mono(
            self.0
                .saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// Now, on the monotonic clock.
pub fn mono() -> Mono {
    let now = clock_gettime(ClockId::Monotonic);
    Mono(now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64)
}

/// Now, in microseconds since the Unix epoch.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Waits for `span` of wall time.
pub async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Blocks this thread for `span` of wall time.
pub fn block(span: Duration) {
    std::thread::sleep(span);
}

/// The future's result, or `None` if it takes longer than `limit` of wall time.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}
