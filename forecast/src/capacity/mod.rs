//! How much must be bought so that a fleet is back in time: sweeps over devices, quotas and policies, and what follows.
//!
//! ```text
//!   devices × connects per second × policies ──► a storm each, on all processors ──► points
//!                                     target ──► advice: the least quota of each policy, what the best policy gains
//!                        telemetry, outages ──► needs: outbox, messages, function concurrency, replication
//! ```
//!
//! Every figure is modelled.

pub mod advice;
pub mod needs;
pub mod range;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use drill::firmware::Reconnect;
use drill::units::Span;
use serde::Serialize;

use crate::storm::{Begin, Engine, Outcome, Storm};

/// A storm is followed no longer than that, unless the target asks for it: whoever is out for days has more to plan than
/// a quota.
pub const LONGEST: Span = Span::from_mins(60 * 48);

/// What is asked.
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

/// A way to reconnect, with the name that people know it by.
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
        match devices <= self.each_up_to.min(Storm::COUNTED_FROM) {
            true => Engine::Each,
            false => Engine::Counted,
        }
    }

    /// The outcome of one of its storms, as a point; none if it was stopped.
    pub fn point(
        &self,
        devices: u64,
        rate: u32,
        policy: &Policy,
        stop: &AtomicBool,
    ) -> Option<(Point, Outcome)> {
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

/// What a study of a scenario found: what `capacity.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Study {
    /// The version of this shape.
    pub schema: u32,
    /// Everything in it is modelled.
    pub provenance: &'static str,
    /// The scenario.
    pub scenario: Subject,
    /// Of every draw.
    pub seed: u64,
    /// False where it was interrupted: what is missing was not simulated.
    pub complete: bool,
    /// All devices are to be back by then, in milliseconds from the loss of the sessions.
    pub target_ms: i64,
    /// From where the target is.
    pub target_source: String,
    /// The endpoint is closed for so long after the loss of the sessions, in milliseconds.
    pub closed_for_ms: i64,
    /// The sessions are lost evenly over so long, in milliseconds.
    pub over_ms: i64,
    /// The fleet and the quota that the scenario has, or the first that were asked for.
    pub advice: Option<advice::Advice>,
    /// The least quota for every size of the fleet and every policy.
    pub frontier: Vec<advice::LeastRate>,
    /// What the fleet needs behind the broker.
    pub needs: Option<needs::Needs>,
    /// The sweep.
    pub points: Vec<Point>,
}

/// What is studied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The SHA-256 of its file, in hex.
    pub sha256: String,
}

/// What a sweep tells while it runs, and asks.
#[derive(Debug)]
pub struct Watch<'a> {
    /// Storms that are done.
    pub done: &'a AtomicUsize,
    /// Set from outside: no more storms begin.
    pub stop: &'a AtomicBool,
}

/// Runs the storms of a question on so many threads, and gives the points in the order of policies, devices and rates,
/// whatever the number of threads. When it is stopped, those that are done.
pub fn sweep(question: &Question, threads: usize, watch: &Watch<'_>) -> Vec<Point> {
    let all: Vec<(usize, u64, u32)> = (0..question.policies.len())
        .flat_map(|policy| {
            let devices = question.devices.iter();
            devices.flat_map(move |devices| question.rates.iter().map(move |rate| (policy, *devices, *rate)))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let points = Mutex::new(vec![None; all.len()]);
    let work = || {
        while !watch.stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((policy, devices, rate)) = all.get(at).copied() else {
                return;
            };
            let policy = &question.policies[policy];
            let Some((point, _)) = question.point(devices, rate, policy, watch.stop) else {
                return;
            };
            if let Ok(mut points) = points.lock() {
                points[at] = Some(point);
            }
            watch.done.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, all.len().max(1)) {
            scope.spawn(work);
        }
    });
    let points = points.into_inner().unwrap_or_default();
    points.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use drill::firmware::Profile;

    fn question() -> Question {
        let policy = |profile: Profile| Policy {
            name: profile.name.to_owned(),
            reconnect: profile.reconnect,
        };
        Question {
            devices: vec![1_000, 5_000, 20_000],
            rates: vec![10, 100],
            policies: vec![
                policy(Profile::aws_full_jitter()),
                policy(Profile::esp_idf_default()),
            ],
            closed_for: Span::from_secs(60),
            over: Span::from_secs(1),
            target: Span::from_mins(10),
            each_up_to: 10_000,
            seed: 1,
        }
    }

    fn run(question: &Question, threads: usize, stop: bool) -> Vec<Point> {
        let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(stop));
        let watch = Watch {
            done: &done,
            stop: &stop,
        };
        sweep(question, threads, &watch)
    }

    #[test]
    fn points_stand_in_order_and_are_the_same_for_any_number_of_threads() {
        let question = question();
        let one = run(&question, 1, false);
        assert_eq!(one, run(&question, 2, false));
        assert_eq!(one.len() as u64, question.count());
        assert_eq!(
            (
                one[0].devices,
                one[0].connects_per_second,
                one[1].connects_per_second
            ),
            (1_000, 10, 100)
        );
        assert_eq!((one[0].engine, one[5].engine), ("each", "counted"));
        assert!(
            one.iter()
                .all(|point| point.meets == point.all_back_after().is_some_and(|t| t <= question.target))
        );
        assert!(one.iter().all(|point| {
            point
                .all_back_after()
                .is_none_or(|t| t >= Span::from_millis(point.floor_ms))
        }));
    }

    #[test]
    fn a_sweep_that_is_stopped_gives_what_is_done() {
        assert_eq!(run(&question(), 2, true), []);
    }
}
