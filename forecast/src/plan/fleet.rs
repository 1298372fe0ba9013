//! How a fleet comes back, as often as it is sent away: its storms, each simulated once and kept.
//!
//! ```text
//!   sessions lost ──► nothing lets it in ──► a broker does ──► storm ──► how many have a session, second by second
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use drill::firmware::Jitter;
use drill::units::{DrillTime, Span};

use super::model::{FleetModel, Region};
use crate::storm::{Begin, Engine, Storm, StormOutcome};

/// A fleet up to this size is simulated device by device.
const EACH_UP_TO: u64 = 20_000;

/// So many storms of the same kind are simulated, each with other draws, and runs take one of them.
const VARIANTS: u64 = 8;

/// After so many of its longest waits a policy with jitter has forgotten how long the endpoint was closed.
const FORGOTTEN: i64 = 10;

/// Into so many parts a longest wait is cut, by which closed times are told apart.
const PARTS: i64 = 12;

/// How a storm went: how many were back by each second since the sessions were lost.
#[derive(Debug)]
struct Shape {
    back: Vec<u64>,
    back_after: [Option<Span>; 4],
}

/// How a fleet comes back.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    shape: Arc<Shape>,
    /// The endpoint was closed for so much longer than in the storm that was simulated.
    later: Span,
}

impl Curve {
    /// How many are back so long after the loss.
    pub(super) fn back(&self, after: Span) -> u64 {
        let second = (after - self.later).at_least_zero().as_us() / 1_000_000;
        let back = &self.shape.back;
        match usize::try_from(second).unwrap_or(usize::MAX).checked_sub(1) {
            None => 0,
            Some(at) => back.get(at).or(back.last()).copied().unwrap_or(0),
        }
    }

    /// When 50, 90, 99 and 100 % are back after the loss.
    pub(super) fn back_after(&self) -> [Option<Span>; 4] {
        self.shape
            .back_after
            .map(|after| after.map(|after| after + self.later))
    }
}

/// Storms that were simulated, by how long the endpoint was closed.
#[derive(Debug, Default)]
pub(super) struct Curves {
    known: Mutex<HashMap<(i64, u64), Arc<Shape>>>,
}

impl Curves {
    /// The storm of a fleet whose endpoint was closed for so long, in the run of this seed. It does not depend on the order
    /// of calls or on the forecast, so that a run can be repeated by its seed alone.
    pub(super) fn curve(&self, fleet: &FleetModel<'_>, closed_for: Span, seed: u64) -> Curve {
        let reconnect = &fleet.profile.reconnect;
        let whole = Span::from_secs(closed_for.as_us().div_euclid(1_000_000));
        let bound = reconnect.cap.times(FORGOTTEN);
        let modelled = match reconnect.jitter {
            _ if reconnect.retries.is_some() => whole,
            Jitter::None if whole <= bound => whole,
            // Devices in step come in step again: what counts is where in their wait the endpoint opens.
            Jitter::None => bound + Span::from_us(whole.as_us() % reconnect.cap.as_us().max(1)),
            _ if whole > bound => bound,
            // Nor does a part of a wait make a difference, once several have passed.
            _ if whole > reconnect.cap.times(2) => {
                let part = reconnect.cap.divided(PARTS).max(Span::from_secs(1));
                part.times(whole.as_us() / part.as_us())
            }
            _ => whole,
        };
        let variant = seed % VARIANTS;
        let later = whole - modelled;
        let key = (modelled.as_us(), variant);
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&key).cloned();
        let shape = known.unwrap_or_else(|| {
            let made = Arc::new(storm(fleet, modelled, variant));
            lock().entry(key).or_insert(made).clone()
        });
        Curve { shape, later }
    }
}

fn storm(fleet: &FleetModel<'_>, closed_for: Span, variant: u64) -> Shape {
    let devices = u64::from(fleet.fleet.devices);
    let mut storm = Storm {
        devices,
        begin: Begin::SessionLost,
        over: Span::ZERO,
        closed_for,
        connects_per_second: fleet.connects_per_second,
        reconnect: fleet.profile.reconnect.clone(),
        give_up: Span::ZERO,
        seed: variant,
    };
    let long = storm.floor().times(10).max(storm.reconnect.cap.times(10));
    storm.give_up = long.min(closed_for + Span::from_mins(60 * 24));
    let engine = if devices <= EACH_UP_TO {
        Engine::Each
    } else {
        Engine::Counted
    };
    Shape::new(&storm.run_on(engine))
}

impl Shape {
    fn new(outcome: &StormOutcome) -> Shape {
        let mut sum = 0;
        let back = outcome.seconds.iter().map(|second| {
            sum += second.accepted;
            sum
        });
        Shape {
            back: back.collect(),
            back_after: outcome.back_after,
        }
    }
}

/// Where the fleet is in one run.
#[derive(Clone, Debug)]
pub(super) struct Whereabouts {
    /// The region in which it has, or gets, its sessions.
    pub(super) at: Option<Region>,
    /// When it lost them.
    pub(super) lost: Option<DrillTime>,
    /// How it gets them back.
    pub(super) curve: Option<Curve>,
    /// Each time that it lost them, and how it got them back.
    pub(super) away: Vec<(DrillTime, Option<Curve>)>,
}

impl Whereabouts {
    /// All of it has a session in a region.
    pub(super) fn home(region: Region) -> Whereabouts {
        Whereabouts {
            at: Some(region),
            lost: None,
            curve: None,
            away: Vec::new(),
        }
    }

    /// Devices with a session in a region.
    pub(super) fn connected(&self, devices: u64, region: Region, now: DrillTime) -> u64 {
        if self.at != Some(region) {
            return 0;
        }
        match (&self.curve, self.lost) {
            (Some(curve), Some(lost)) => curve.back(now - lost).min(devices),
            _ => devices,
        }
    }

    /// Their sessions are gone.
    pub(super) fn lose(&mut self, now: DrillTime) {
        // Who was still on the way goes on trying.
        if self.at.is_some() {
            self.lost = Some(now);
            self.away.push((now, None));
        }
        self.at = None;
        self.curve = None;
    }

    /// A region lets them in, as `curve` says from their loss on.
    pub(super) fn find(&mut self, region: Region, curve: Curve) {
        if let Some((_, last)) = self.away.last_mut() {
            *last = Some(curve.clone());
        }
        self.at = Some(region);
        self.curve = Some(curve);
    }
}
