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
mod question;
pub mod range;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::Serialize;

pub use self::question::{LONGEST, Point, Policy, Question};

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
    /// The fleet and the quota that the scenario has, or the first requested ones.
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

/// Callbacks of a running sweep.
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
    use drill::units::Span;

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
