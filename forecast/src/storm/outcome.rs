//! How a storm went.

use drill::units::Span;

/// What happened in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Attempts to connect.
    pub attempts: u64,
    /// Those of them that became a session.
    pub accepted: u64,
}

/// How a storm went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StormOutcome {
    /// Devices with a session at the end.
    pub back: u64,
    /// Devices that had used up their retries.
    pub gave_up: u64,
    /// Devices that still tried when the simulation ended.
    pub waiting: u64,
    /// All attempts to connect.
    pub attempts: u64,
    /// When 50, 90, 99 and 100 percent of the fleet were back, from the loss of the sessions on; none if they never were.
    pub back_after: [Option<Span>; 4],
    /// Second by second, from the loss of the sessions on.
    pub seconds: Vec<Second>,
}

/// The shares of [`StormOutcome::back_after`], in percent.
pub const SHARES: [u64; 4] = [50, 90, 99, 100];

impl StormOutcome {
    /// Attempts for each device that came back; none if none did.
    pub fn attempts_per_device(&self) -> Option<f64> {
        (self.back > 0).then(|| self.attempts as f64 / self.back as f64)
    }

    /// The most attempts in one second.
    pub fn peak(&self) -> u64 {
        self.seconds
            .iter()
            .map(|second| second.attempts)
            .max()
            .unwrap_or(0)
    }

    /// When all were back.
    pub fn all_back_after(&self) -> Option<Span> {
        self.back_after[3]
    }
}
