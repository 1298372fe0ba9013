//! What to buy, or to change, so that a fleet meets its target.

use std::sync::atomic::{AtomicBool, Ordering};

use drill::firmware::{Growth, Jitter, Reconnect};
use drill::units::Span;
use serde::Serialize;

use super::question::{Point, Policy, Question};
use crate::storm::{Engine, Second, Storm, StormOutcome};

/// What follows for one fleet under one quota and policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The storm as it is.
    pub now: Point,
    /// The target, in milliseconds from the loss of the sessions.
    pub target_ms: i64,
    /// For so long the endpoint is closed, in milliseconds.
    pub closed_for_ms: i64,
    /// The course of the storm.
    pub curve: Curve,
    /// The least quota that lets the fleet in by the target at all; null if it opens later than that.
    pub least_rate_of_any: Option<u32>,
    /// The least quota with which each policy meets the target; null where none does.
    pub least_rates: Vec<LeastRate>,
    /// The same fleet and quota with full jitter, up to different caps.
    pub full_jitter: Vec<Point>,
    /// The same fleet and quota with waits of the policy's own kind, up to different caps; empty where they do not grow,
    /// or are of full jitter.
    pub own_kind: Vec<Point>,
    /// Of both the one that meets the target with the fewest attempts, if that is better than what is: the target is
    /// met where it was missed, or a tenth of the attempts is saved.
    pub better: Option<Point>,
}

/// The least quota of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeastRate {
    /// Devices in the fleet.
    pub devices: u64,
    /// The name of the policy.
    pub policy: String,
    /// Connects per second; null if no quota does.
    pub connects_per_second: Option<u32>,
}

/// The course of a storm in bins of equal length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Curve {
    /// Seconds in a bin.
    pub bin_s: u64,
    /// Attempts in each.
    pub attempts: Vec<u64>,
    /// Those of them that became a session.
    pub accepted: Vec<u64>,
}

impl Curve {
    /// At most so many bins.
    const MOST: usize = 400;

    fn from_outcome(outcome: &StormOutcome) -> Curve {
        let bin = outcome.seconds.len().div_ceil(Curve::MOST).max(1);
        let sums = |of: fn(&Second) -> u64| {
            outcome
                .seconds
                .chunks(bin)
                .map(|bin| bin.iter().map(of).sum())
                .collect()
        };
        Curve {
            bin_s: bin as u64,
            attempts: sums(|second| second.attempts),
            accepted: sums(|second| second.accepted),
        }
    }
}

/// Caps that are tried, in seconds.
const CAPS: [i64; 9] = [10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600];

/// What follows for so many devices under this quota, with the first policy of the question; none if it was stopped.
pub fn advise(question: &Question, devices: u64, rate: u32, stop: &AtomicBool) -> Option<Advice> {
    let policy = question.policies.first()?;
    let (now, outcome) = question.point(devices, rate, policy, stop)?;
    let points = |policies: Vec<Policy>| -> Option<Vec<Point>> {
        let points = policies
            .iter()
            .map(|other| question.point(devices, rate, other, stop));
        points.map(|point| Some(point?.0)).collect()
    };
    let (full_jitter, own_kind) = (points(full_jitter(policy))?, points(own_kind(policy))?);
    let others = full_jitter.iter().chain(&own_kind);
    let meets = others.filter(|other| other.meets && other.gave_up == 0);
    let better = meets.min_by_key(|other| other.attempts).filter(|other| {
        let saves = other.attempts < now.attempts / 10 * 9;
        !now.meets || saves
    });
    let ms = |span: Span| span.as_us() / 1_000;
    Some(Advice {
        target_ms: ms(question.target),
        closed_for_ms: ms(question.closed_for),
        curve: Curve::from_outcome(&outcome),
        least_rate_of_any: least_of_any(question, devices),
        least_rates: question
            .policies
            .iter()
            .map(|policy| least_rate(question, devices, policy, stop))
            .collect::<Option<_>>()?,
        better: better.cloned(),
        full_jitter,
        own_kind,
        now,
    })
}

/// The caps that are tried and are no shorter than the first wait.
fn caps(own: &Reconnect) -> impl Iterator<Item = Span> {
    CAPS.into_iter()
        .map(Span::from_secs)
        .filter(|cap| *cap >= own.base)
}

fn full_jitter(policy: &Policy) -> Vec<Policy> {
    let own = &policy.reconnect;
    let up_to = |cap: Span| Policy {
        name: format!("full jitter, {} to {cap}", own.base),
        reconnect: Reconnect {
            growth: Growth::Exponential,
            jitter: Jitter::Full,
            base: own.base,
            cap,
            retries: None,
        },
    };
    caps(own).map(up_to).collect()
}

fn own_kind(policy: &Policy) -> Vec<Policy> {
    let own = &policy.reconnect;
    if own.growth != Growth::Exponential || own.jitter == Jitter::Full {
        return Vec::new();
    }
    let up_to = |cap: Span| Policy {
        name: format!("{}, cap {cap}", policy.name),
        reconnect: Reconnect { cap, ..own.clone() },
    };
    caps(own).filter(|cap| *cap != own.cap).map(up_to).collect()
}

/// The least quota whose floor is at the target: `devices ≤ rate × (target − closed + 1 s)`.
fn least_of_any(question: &Question, devices: u64) -> Option<u32> {
    let open_us = (question.target - question.closed_for).as_us();
    if open_us < 0 {
        return None;
    }
    let rate = (u128::from(devices) * 1_000_000).div_ceil(u128::from(open_us.unsigned_abs()) + 1_000_000);
    u32::try_from(rate.max(1)).ok()
}

/// The least quota with which this policy meets the target, by bisection between what the floor asks for and a quota that
/// lets all in at once; none if it was stopped.
pub fn least_rate(
    question: &Question,
    devices: u64,
    policy: &Policy,
    stop: &AtomicBool,
) -> Option<LeastRate> {
    let meets = |rate: u32| {
        let storm = Storm {
            // What comes later is later than the target.
            give_up: question.target + Span::from_secs(1),
            ..question.storm(devices, rate, policy)
        };
        let engine = if devices <= SMALL {
            Engine::Each
        } else {
            Engine::Counted
        };
        let outcome = storm.run_while(engine, &|| !stop.load(Ordering::Relaxed));
        let all_back = outcome.and_then(|outcome| outcome.all_back_after());
        all_back.is_some_and(|after| after <= question.target)
    };
    let most = u32::try_from(devices.max(1)).unwrap_or(u32::MAX);
    let least = least_of_any(question, devices).filter(|_| meets(most));
    let rate = least.map(|least| {
        let (mut below, mut above) = (least.saturating_sub(1), most);
        // To three digits: a quota is not bought more finely.
        while !stop.load(Ordering::Relaxed)
            && above - below > 1
            && f64::from(above - below) > f64::from(below) / 1_000.0
        {
            let middle = below + (above - below) / 2;
            if meets(middle) {
                above = middle;
            } else {
                below = middle;
            }
        }
        above
    });
    let stopped = stop.load(Ordering::Relaxed);
    (!stopped).then(|| LeastRate {
        devices,
        policy: policy.name.clone(),
        connects_per_second: rate,
    })
}

/// A fleet up to this size is simulated device by device while a quota is sought.
const SMALL: u64 = 20_000;

#[cfg(test)]
mod tests {
    use super::*;
    use drill::firmware::Profile;

    static ON: AtomicBool = AtomicBool::new(false);

    fn question(profile: Profile, target: Span) -> Question {
        Question {
            devices: vec![],
            rates: vec![],
            policies: vec![Policy {
                name: profile.name.to_owned(),
                reconnect: profile.reconnect,
            }],
            closed_for: Span::ZERO,
            over: Span::from_secs(1),
            target,
            each_up_to: 20_000,
            seed: 1,
        }
    }

    #[test]
    fn a_quota_whose_floor_is_beyond_the_target_must_be_raised() {
        // A million against 500: 33 min 19 s at the least, and half an hour is asked for.
        let question = question(Profile::aws_full_jitter(), Span::from_mins(30));
        let advice = advise(&question, 1_000_000, 500, &ON).unwrap();
        assert!(
            !advice.now.meets && advice.better.is_none(),
            "{:?}",
            advice.better
        );
        assert_eq!(advice.now.floor_ms, 1_999_000);
        assert_eq!(advice.least_rate_of_any, Some(556));
        let least = advice.least_rates[0].connects_per_second.unwrap();
        assert!((570..620).contains(&least), "{least}");
        // What is told holds, and a little less does not.
        let meets = |rate| {
            let point = question.point(1_000_000, rate, &question.policies[0], &ON);
            point.unwrap().0.meets
        };
        assert!(meets(least) && !meets(least - least / 100));
    }

    #[test]
    fn a_policy_that_wastes_the_quota_is_changed() {
        let question = question(Profile::esp_idf_default(), Span::from_mins(40));
        let advice = advise(&question, 1_000_000, 500, &ON).unwrap();
        assert!(!advice.now.meets);
        let better = advice.better.unwrap();
        assert!(
            better.meets && better.policy.starts_with("full jitter"),
            "{better:?}"
        );
        assert!(better.attempts < advice.now.attempts);
        let least = advice.least_rates[0].connects_per_second.unwrap();
        assert!(least > 1_000, "phase-locked devices need more: {least}");
    }

    #[test]
    fn an_endpoint_that_opens_after_the_target_is_never_in_time() {
        let mut question = question(Profile::aws_full_jitter(), Span::from_mins(30));
        question.closed_for = Span::from_mins(31);
        let advice = advise(&question, 1_000, 500, &ON).unwrap();
        assert_eq!(
            (
                advice.least_rate_of_any,
                advice.least_rates[0].connects_per_second
            ),
            (None, None)
        );
        assert!(!advice.now.meets && advice.better.is_none());
    }

    #[test]
    fn fleet_with_devices_that_gave_up_never_recovers_fully() {
        let question = question(Profile::esp_aws_iot(), Span::from_mins(60));
        let advice = advise(&question, 100_000, 100, &ON).unwrap();
        assert!(advice.now.gave_up > 0 && !advice.now.meets);
        assert!(advice.better.is_some_and(|better| better.gave_up == 0));
    }
}
