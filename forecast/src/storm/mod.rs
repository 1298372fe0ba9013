//! A storm: a fleet has lost its sessions at once, and every device tries to have one again, against a quota of connects.
//!
//! ```text
//!   session lost ──► wait ──► attempt ──► token of the quota? ── yes ──► back
//!                     ▲                          │ no, or the endpoint is closed
//!                     └────── the next wait ◄────┘                └──► (retries used up) gave up
//! ```
//!
//! Two engines, of one policy ([`drill::firmware::Reconnect`]) and one quota ([`drill::firmware::Quota`]), those of live
//! drills: [`Engine::Each`] simulates every device, [`Engine::Counted`] those that are alike together, so that its cost does
//! not grow with the fleet. Time is counted in milliseconds from the loss of the sessions. What a connect takes on the network
//! and in TLS is not part of it.

mod counted;
mod each;
mod outcome;
mod policy;
mod record;
mod spec;
#[cfg(test)]
mod tests;

use drill::units::Span;

pub use self::outcome::{SHARES, Second, StormOutcome};
pub use self::spec::{Begin, Engine, Storm};

impl Storm {
    /// The most devices that there may be.
    pub const MOST: u64 = 8_000_000_000;

    /// The most devices that [`Engine::Each`] can number.
    pub const MOST_EACH: u64 = u32::MAX as u64;

    /// Past so many devices it is [`Engine::Counted`] that is used.
    pub const COUNTED_FROM: u64 = 10_000_000;

    /// The engine that fits the size of the fleet.
    pub fn engine(&self) -> Engine {
        if self.devices > Storm::COUNTED_FROM {
            Engine::Counted
        } else {
            Engine::Each
        }
    }

    /// Runs it on the engine that fits.
    pub fn run(&self) -> StormOutcome {
        self.run_on(self.engine())
    }

    /// Runs it on this engine.
    ///
    /// # Panics
    /// With more than [`Storm::MOST`] devices, and on [`Engine::Each`] with more than [`Storm::MOST_EACH`].
    pub fn run_on(&self, engine: Engine) -> StormOutcome {
        self.run_while(engine, &|| true).unwrap_or_default()
    }

    /// Runs it on this engine while `on` returns true, called once per simulated second; `None` if it was stopped.
    ///
    /// # Panics
    /// As [`Storm::run_on`] does.
    pub fn run_while(&self, engine: Engine, on: &dyn Fn() -> bool) -> Option<StormOutcome> {
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
