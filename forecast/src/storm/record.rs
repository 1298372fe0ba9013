//! The records of a storm while it runs.

use drill::units::Span;

use super::outcome::{SHARES, Second, StormOutcome};

/// Keeps [`StormOutcome`]'s records while a storm runs; counts are in parts of a device, of which there are `unit` to each.
pub(super) struct Record {
    devices: u64,
    unit: u64,
    pub(super) back: u64,
    back_after: [Option<Span>; 4],
    seconds: Vec<Second>,
    /// Of the second that is under way.
    current: Second,
    second: u64,
}

impl Record {
    pub(super) fn new(devices: u64, unit: u64) -> Record {
        Record {
            devices,
            unit,
            back: 0,
            back_after: [None; 4],
            seconds: Vec::new(),
            current: Second::default(),
            second: 0,
        }
    }

    /// At this millisecond so many attempts were made, and so many of them accepted.
    #[inline]
    pub(super) fn count(&mut self, ms: u64, attempts: u64, accepted: u64) {
        if ms / 1_000 != self.second {
            self.turn(ms / 1_000);
        }
        self.current.attempts += attempts;
        self.current.accepted += accepted;
    }

    /// The records of another second begin; what was counted of the one before is closed.
    #[cold]
    fn turn(&mut self, second: u64) {
        let done = std::mem::take(&mut self.current);
        let at = usize::try_from(self.second).unwrap_or(usize::MAX);
        if self.seconds.len() <= at {
            self.seconds.resize(at + 1, Second::default());
        }
        self.seconds[at].attempts += done.attempts;
        self.seconds[at].accepted += done.accepted;
        self.second = second;
    }

    /// So many are back by this millisecond.
    #[inline]
    pub(super) fn back(&mut self, ms: u64, accepted: u64) {
        self.back += accepted;
        for (share, after) in SHARES.iter().zip(&mut self.back_after) {
            // Half of a device is none: what is counted in parts rounds.
            let wanted = (self.devices * share).div_ceil(100) * self.unit;
            if after.is_none() && self.devices > 0 && self.back + self.unit / 2 >= wanted.max(1) {
                *after = Some(Span::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)));
            }
        }
    }

    pub(super) fn end(mut self, gave_up: u64) -> StormOutcome {
        self.turn(self.second);
        let unit = u128::from(self.unit);
        let whole = |parts: u128| ((parts + unit / 2) / unit) as u64;
        let (back, gave_up) = (whole(self.back.into()), whole(gave_up.into()));
        // Sums are rounded, so that the seconds add up to the whole.
        let (mut attempts, mut accepted) = (0u128, 0u128);
        let mut told = Second::default();
        let seconds = self.seconds.iter().map(|second| {
            attempts += u128::from(second.attempts);
            accepted += u128::from(second.accepted);
            let sum = Second {
                attempts: whole(attempts),
                accepted: whole(accepted),
            };
            let before = std::mem::replace(&mut told, sum);
            Second {
                attempts: sum.attempts - before.attempts,
                accepted: sum.accepted - before.accepted,
            }
        });
        let seconds: Vec<Second> = seconds.collect();
        StormOutcome {
            back,
            gave_up,
            waiting: self.devices.saturating_sub(back + gave_up),
            attempts: told.attempts,
            back_after: self.back_after,
            seconds,
        }
    }
}
