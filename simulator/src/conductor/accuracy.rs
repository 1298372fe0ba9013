//! How exact a drill's figures have to be, and what that asks of its clock.
//!
//! ```text
//!   smallest target ──► a hundredth: what one event may be dated wrong by  ──► the clock's tolerance
//!                  └──► a five-hundredth: what devices may wait for others ──► coalesced timers
//! ```

use std::io;

use drill::scenario::{ClockSpec, Scenario, ServiceObjective, Speed};
use drill::units::Span;
use runtime::clock::Clock;

/// A figure is to be exact to this part of its target.
const PART: i64 = 100;

/// The timers of devices may be late by this part of the smallest target: a fifth of what a figure may be inexact by.
const SLACK_PART: i64 = 500;

/// What figures have to be exact to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accuracy {
    smallest: Span,
}

impl Accuracy {
    /// What the targets of a scenario ask for.
    pub(crate) fn for_scenario(scenario: &Scenario) -> Accuracy {
        Accuracy {
            smallest: scenario.objectives.smallest(),
        }
    }

    /// By how much drill time an event may be dated wrong.
    pub(crate) fn tolerance(self) -> Span {
        self.smallest.divided(PART)
    }

    /// What is allowed in the figures of one service, which is that of its own smallest target.
    pub(crate) fn of_service(service: &ServiceObjective) -> Option<Span> {
        let targets = [service.rto, service.rpo, service.mtd];
        targets
            .into_iter()
            .flatten()
            .min()
            .map(|target| target.divided(PART))
    }

    /// A clock that keeps to it, or to the speed that the user asks for.
    ///
    /// # Errors
    /// If the system gives no thread or memory for it.
    pub(crate) fn clock(self, pacing: ClockSpec) -> io::Result<Clock> {
        let highest = f64::from(pacing.highest_rate());
        let clock = match pacing.speed {
            Speed::Auto => Clock::within(highest, self.tolerance())?,
            Speed::AtMost(_) => Clock::new(highest)?,
        };
        clock.coalesce(self.smallest.divided(SLACK_PART));
        Ok(clock)
    }
}
