//! The storms of a study: what is asked, and the point that each of them gives.

use std::sync::atomic::{AtomicBool, Ordering};

use drill::firmware::Reconnect;
use drill::units::Span;
use serde::Serialize;

use crate::storm::{Begin, Engine, Storm, StormOutcome};

/// A storm is simulated no longer than that, unless the target asks for it: a longer outage is not a question of quotas.
pub const LONGEST: Span = Span::from_mins(60 * 48);

/// The input of a study.
#[derive(Clone, Debug)]
pub struct Question {
    /// Sizes of the fleet.
    pub devices: Vec<u64>,
    /// Quotas, in connects per second.
    pub rates: Vec<u32>,
    /// Ways to reconnect.
    pub policies: Vec<Policy>,
    /// The endpoint is closed for so long after the loss of the sessions.
    pub closed_for: Span,
    /// The sessions are lost evenly over this time.
    pub over: Span,
    /// All devices are to be back by then, from the loss of the sessions on.
    pub target: Span,
    /// A fleet up to this size is simulated device by device; a larger one in counts.
    pub each_up_to: u64,
    /// Of every draw.
    pub seed: u64,
}

/// A reconnect policy with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `aws-full-jitter`, `aws-full-jitter, cap 10m`.
    pub name: String,
    /// What it does.
    pub reconnect: Reconnect,
}

/// One storm of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Devices in the fleet.
    pub devices: u64,
    /// The quota.
    pub connects_per_second: u32,
    /// The name of the policy.
    pub policy: String,
    /// The longest wait of the policy, in milliseconds.
    pub cap_ms: i64,
    /// `each` or `counted`.
    pub engine: &'static str,
    /// When 50, 90, 99 and 100 % were back, in milliseconds from the loss of the sessions; null if they never were.
    pub back_after_ms: [Option<i64>; 4],
    /// When no policy could have all back before, in milliseconds.
    pub floor_ms: i64,
    /// Attempts of all devices.
    pub attempts: u64,
    /// Those that were refused.
    pub refused: u64,
    /// The most attempts in one second.
    pub peak_per_second: u64,
    /// Devices that used up their retries.
    pub gave_up: u64,
    /// Whether all were back by the target.
    pub meets: bool,
}

impl Point {
    /// When all were back, from the loss of the sessions.
    pub fn all_back_after(&self) -> Option<Span> {
        self.back_after_ms[3].map(Span::from_millis)
    }
}

impl Question {
    /// How many storms it is.
    pub fn count(&self) -> u64 {
        (self.devices.len() * self.rates.len() * self.policies.len()) as u64
    }

    /// One of its storms. It is followed until all are back, and at most so long that the quota would have let the fleet
    /// in ten times, or four times the target, whichever is later, and no longer than [`LONGEST`].
    pub fn storm(&self, devices: u64, rate: u32, policy: &Policy) -> Storm {
        let mut storm = Storm {
            devices,
            begin: Begin::SessionLost,
            over: self.over,
            closed_for: self.closed_for,
            connects_per_second: rate,
            reconnect: policy.reconnect.clone(),
            give_up: Span::ZERO,
            seed: self.seed,
        };
        let long = storm.floor().times(10).max(policy.reconnect.cap.times(4));
        storm.give_up = long.min(LONGEST).max(self.target.times(4));
        storm
    }

    /// The engine for a fleet of this size.
    pub fn engine(&self, devices: u64) -> Engine {
        if devices <= self.each_up_to.min(Storm::COUNTED_FROM) {
            Engine::Each
        } else {
            Engine::Counted
        }
    }

    /// The outcome of one of its storms, as a point; none if it was stopped.
    pub fn point(
        &self,
        devices: u64,
        rate: u32,
        policy: &Policy,
        stop: &AtomicBool,
    ) -> Option<(Point, StormOutcome)> {
        let storm = self.storm(devices, rate, policy);
        let engine = self.engine(devices);
        let outcome = storm.run_while(engine, &|| !stop.load(Ordering::Relaxed))?;
        let ms = |span: Span| span.as_us() / 1_000;
        let point = Point {
            devices,
            connects_per_second: rate,
            policy: policy.name.clone(),
            cap_ms: ms(policy.reconnect.cap),
            engine: match engine {
                Engine::Each => "each",
                Engine::Counted => "counted",
            },
            back_after_ms: outcome.back_after.map(|after| after.map(ms)),
            floor_ms: ms(storm.floor()),
            attempts: outcome.attempts,
            refused: outcome.attempts - outcome.back.min(outcome.attempts),
            peak_per_second: outcome.peak(),
            gave_up: outcome.gave_up,
            meets: outcome.all_back_after().is_some_and(|after| after <= self.target),
        };
        Some((point, outcome))
    }
}
