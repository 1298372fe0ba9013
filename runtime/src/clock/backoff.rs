//! What lateness does to the rate: it halves, and recovers over a second of wall time.
//!
//! A timer that reaches its owner later than is tolerated (see [`super::accuracy`]; 10 ms of wall time at a rate of
//! the user's, 1.2 s of drill time at speed 120) shows that this machine cannot follow. A timer that was due before
//! the last halving is no new evidence: it waited in the same queue.

use std::time::Duration;

use super::timeline::Rate;
use crate::wall::Mono;

/// Recovery goes in this many equal steps.
const STEPS: u64 = 4;
/// Wall time between them.
const STEP: Duration = Duration::from_millis(250);
/// The factor 1, in sixteenths: coarse, so that the rates of a drill are few and a report can list them.
const WHOLE: u64 = 16;

/// The factor that lateness puts on the rate.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    lowered: Option<Lowered>,
    last_halving: Option<Mono>,
}

#[derive(Clone, Copy, Debug)]
struct Lowered {
    at: Mono,
    /// In sixteenths.
    from_factor: u64,
    steps: u64,
}

impl Lowered {
    fn factor(&self) -> u64 {
        self.from_factor + (WHOLE - self.from_factor) * self.steps / STEPS
    }

    fn next(&self) -> Mono {
        self.at.after(STEP * (self.steps as u32 + 1))
    }
}

impl Backoff {
    /// Whether a timer that was due at `due` and was `late` lowers the rate, where `tolerated` is no sign of anything.
    pub(super) fn is_due(&self, due: Mono, late: Duration, tolerated: Duration) -> bool {
        late > tolerated && self.last_halving.is_none_or(|last| due > last)
    }

    /// Halves the factor.
    pub(super) fn halve(&mut self, now: Mono) {
        let factor = self.lowered.map_or(WHOLE, |lowered| lowered.factor());
        self.lowered = Some(Lowered {
            at: now,
            from_factor: factor / 2,
            steps: 0,
        });
        self.last_halving = Some(now);
    }

    /// When the next step of recovery is due.
    pub(super) fn next_step(&self) -> Option<Mono> {
        self.lowered.map(|lowered| lowered.next())
    }

    /// Takes the steps that are due; true if there were any.
    pub(super) fn step(&mut self, now: Mono) -> bool {
        let mut stepped = false;
        while let Some(lowered) = &mut self.lowered {
            if lowered.next() > now {
                break;
            }
            stepped = true;
            lowered.steps += 1;
            if lowered.steps == STEPS {
                self.lowered = None;
            }
        }
        stepped
    }

    /// The rate under this factor: never below 1 where `base` is not.
    pub(super) fn applied(&self, base: Rate) -> Rate {
        match self.lowered {
            None => base,
            Some(_) if base <= Rate::ONE => base,
            Some(lowered) => {
                let lowered =
                    u128::from(base.millionths()) * u128::from(lowered.factor()) / u128::from(WHOLE);
                Rate::from_millionths(lowered as u64).max(Rate::ONE)
            }
        }
    }
}
