//! A storm: a fleet has lost its sessions at once, and every device tries to have one again, against a quota of connects.
//!
//! ```text
//!   session lost ──► wait ──► attempt ──► token of the quota? ── yes ──► back
//!                     ▲                          │ no, or the endpoint is closed
//!                     └────── the next wait ◄────┘                └──► (retries used up) gave up
//! ```
//!
//! Two engines, of one policy ([`Reconnect`]) and one quota ([`drill::firmware::Quota`]), those of live drills:
//! [`Engine::Each`] simulates every device, [`Engine::Counted`] those that are alike together, so that its cost does not
//! grow with the fleet. Time is counted in milliseconds from the loss of the sessions. What a connect takes on the network
//! and in TLS is not part of it.

mod counted;
mod each;
mod policy;
#[cfg(test)]
mod tests;

use drill::firmware::Reconnect;
use drill::units::Span;

/// What comes together, and against what.
#[derive(Clone, Debug)]
pub struct Storm {
    /// How many devices there are.
    pub devices: u64,
    /// With what it begins.
    pub begin: Begin,
    /// That happens to the devices evenly over this time, from 0 on.
    pub over: Span,
    /// Until then every attempt is refused, as by an endpoint that is down.
    pub closed_for: Span,
    /// Connects that the endpoint lets in per second; as many at once after a second of rest, as AWS IoT counts them.
    pub connects_per_second: u32,
    /// How devices wait between their attempts.
    pub reconnect: Reconnect,
    /// It is looked no further than that.
    pub give_up: Span,
    /// Of every draw.
    pub seed: u64,
}

/// With what a storm begins for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Begin {
    /// Its session is lost: it waits as its policy says before the first attempt.
    SessionLost,
    /// It is switched on: its first attempt is made at once.
    SwitchedOn,
}

/// Which engine runs a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Every device by itself: exact, at a cost that grows with the attempts.
    Each,
    /// Devices in the same state together: the mean of what chance does, at a cost that does not grow with the fleet.
    Counted,
}

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
pub struct Outcome {
    /// Devices with a session at the end.
    pub back: u64,
    /// Devices that had used up their retries.
    pub gave_up: u64,
    /// Devices that still tried when it was looked no further.
    pub waiting: u64,
    /// All attempts to connect.
    pub attempts: u64,
    /// When 50, 90, 99 and 100 percent of the fleet were back, from the loss of the sessions on; none if they never were.
    pub back_after: [Option<Span>; 4],
    /// Second by second, from the loss of the sessions on.
    pub seconds: Vec<Second>,
}

/// The shares of [`Outcome::back_after`], in percent.
pub const SHARES: [u64; 4] = [50, 90, 99, 100];

impl Storm {
    /// The most devices that there may be.
    pub const MOST: u64 = 8_000_000_000;

    /// The most devices that [`Engine::Each`] can number.
    pub const MOST_EACH: u64 = u32::MAX as u64;

    /// Past so many devices it is [`Engine::Counted`] that is used.
    pub const COUNTED_FROM: u64 = 10_000_000;

    /// The engine that fits the size of the fleet.
    pub fn engine(&self) -> Engine {
        match self.devices > Storm::COUNTED_FROM {
            true => Engine::Counted,
            false => Engine::Each,
        }
    }

    /// Runs it on the engine that fits.
    pub fn run(&self) -> Outcome {
        self.run_on(self.engine())
    }

    /// Runs it on this engine.
    ///
    /// # Panics
    /// With more than [`Storm::MOST`] devices, and on [`Engine::Each`] with more than [`Storm::MOST_EACH`].
    pub fn run_on(&self, engine: Engine) -> Outcome {
        self.run_while(engine, &|| true).unwrap_or_default()
    }

    /// Runs it on this engine for as long as `on` says so, which is asked once a simulated second; none if it was stopped.
    ///
    /// # Panics
    /// As [`Storm::run_on`] does.
    pub fn run_while(&self, engine: Engine, on: &dyn Fn() -> bool) -> Option<Outcome> {
        assert!(self.devices <= Storm::MOST, "{} devices", self.devices);
        match engine {
            Engine::Each => each::run(self, on),
            Engine::Counted => counted::run(self, on),
        }
    }

    /// No policy is quicker: the time after which a quota can have let all in, from the loss of the sessions on, since it
    /// gives a second's worth at once, and the rest evenly.
    pub fn floor(&self) -> Span {
        let rate = u64::from(self.connects_per_second.max(1));
        let evenly = self.devices.saturating_sub(rate);
        let us = u128::from(evenly) * 1_000_000 / u128::from(rate);
        self.closed_for + Span::from_us(i64::try_from(us).unwrap_or(i64::MAX))
    }
}

impl Outcome {
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

/// Keeps [`Outcome`]'s records while a storm runs; counts are in parts of a device, of which there are `unit` to each.
struct Record {
    devices: u64,
    unit: u64,
    back: u64,
    back_after: [Option<Span>; 4],
    seconds: Vec<Second>,
    /// Of the second that is under way.
    current: Second,
    second: u64,
}

impl Record {
    fn new(devices: u64, unit: u64) -> Record {
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
    fn count(&mut self, ms: u64, attempts: u64, accepted: u64) {
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
    fn back(&mut self, ms: u64, accepted: u64) {
        self.back += accepted;
        for (share, after) in SHARES.iter().zip(&mut self.back_after) {
            // Half of a device is none: what is counted in parts rounds.
            let wanted = (self.devices * share).div_ceil(100) * self.unit;
            if after.is_none() && self.devices > 0 && self.back + self.unit / 2 >= wanted.max(1) {
                *after = Some(Span::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)));
            }
        }
    }

    fn end(mut self, gave_up: u64) -> Outcome {
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
        Outcome {
            back,
            gave_up,
            waiting: self.devices.saturating_sub(back + gave_up),
            attempts: told.attempts,
            back_after: self.back_after,
            seconds,
        }
    }
}
