//! Keep-alive in drill time: who is silent for one and a half times of what it promised is cut off.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use drill::units::{DrillTime, Span};
use runtime::{Clock, wall};

/// What AWS IoT Core takes a keep-alive of 0 for, and the longest that it grants.
const LONGEST_S: u16 = 1200;

/// The shortest that it grants.
const SHORTEST_S: u16 = 30;

/// On the wire it says that it is not to be enforced: virtual devices act by their profile in drill time.
const UNENFORCED: u16 = u16::MAX;

/// Wall time in which what a client said may still come in, after this process was frozen.
const GRACE: Duration = Duration::from_millis(100);

/// When a client was heard last, and how long it may be silent.
#[derive(Debug)]
pub(super) struct KeepAlive {
    clock: Clock,
    allowed: Option<Span>,
    heard_us: AtomicI64,
}

impl KeepAlive {
    /// A client that has just promised to speak every `seconds`.
    pub(super) fn new(clock: Clock, seconds: u16) -> KeepAlive {
        let granted = match seconds {
            UNENFORCED => None,
            0 => Some(LONGEST_S),
            seconds => Some(seconds.clamp(SHORTEST_S, LONGEST_S)),
        };
        KeepAlive {
            allowed: granted.map(|granted| Span::from_millis(i64::from(granted) * 1500)),
            heard_us: AtomicI64::new(clock.now().as_us()),
            clock,
        }
    }

    /// Records that a packet came.
    pub(super) fn record_packet(&self) {
        if self.allowed.is_some() {
            self.heard_us.store(self.clock.now().as_us(), Ordering::Relaxed);
        }
    }

    /// Waits until it has been silent for too long.
    pub(super) async fn is_over(&self) {
        let Some(allowed) = self.allowed else {
            return std::future::pending().await;
        };
        let due = || DrillTime::from_us(self.heard_us.load(Ordering::Relaxed)) + allowed;
        loop {
            let until = due();
            self.clock.sleep_until(until).await;
            if self.clock.now() < until {
                // The clock has stopped for good.
                return std::future::pending().await;
            }
            wall::sleep(GRACE).await;
            if due() <= until {
                return;
            }
        }
    }
}
