//! What is known of storms without simulating them: floors, closed formulas, published experiments.

use drill::firmware::{Growth, Jitter, Profile, Reconnect};
use proptest::prelude::*;

use super::*;

fn fixed(seconds: i64) -> Reconnect {
    Reconnect {
        growth: Growth::Fixed,
        jitter: Jitter::None,
        base: Span::from_secs(seconds),
        cap: Span::from_secs(seconds),
        retries: None,
    }
}

/// 1 s to 120 s.
fn exponential(jitter: Jitter) -> Reconnect {
    Reconnect {
        growth: Growth::Exponential,
        jitter,
        base: Span::from_secs(1),
        cap: Span::from_secs(120),
        retries: None,
    }
}

fn storm(devices: u64, connects_per_second: u32, reconnect: Reconnect) -> Storm {
    Storm {
        devices,
        begin: Begin::SwitchedOn,
        over: Span::ZERO,
        closed_for: Span::ZERO,
        connects_per_second,
        reconnect,
        give_up: Span::from_mins(60 * 24 * 7),
        seed: 1,
    }
}

/// All are back, after so many seconds.
#[track_caller]
fn seconds(outcome: &StormOutcome) -> f64 {
    assert_eq!(outcome.waiting + outcome.gave_up, 0);
    outcome.all_back_after().expect("all are back").as_secs_f64()
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    let off = found / expected - 1.0;
    assert!(
        off.abs() <= tolerance,
        "{found} is {:.2} % off {expected}",
        off * 100.0
    );
}

/// A million devices against 500 connects/s in counts; scaled to 40,000 against 20/s where each is simulated.
fn both(shape: impl Fn(u64, u32) -> Storm) -> [StormOutcome; 2] {
    [
        shape(40_000, 20).run_on(Engine::Each),
        shape(1_000_000, 500).run_on(Engine::Counted),
    ]
}

#[test]
fn a_fixed_wait_with_starts_spread_over_it_ends_at_the_floor() {
    let shape = |devices, rate| Storm {
        over: Span::from_secs(10),
        ..storm(devices, rate, fixed(10))
    };
    assert_eq!(shape(1_000_000, 500).floor(), Span::from_secs(1_999));
    for outcome in both(shape) {
        assert_near(seconds(&outcome), 2_000.0, 0.01);
        assert_near(outcome.attempts_per_device().unwrap(), 100.0, 0.02);
    }
}

#[test]
fn phase_locked_devices_get_what_the_quota_holds_once_a_round() {
    // All in one millisecond: a round of 10 s lets in what the bucket holds, a second's worth.
    for outcome in both(|devices, rate| storm(devices, rate, fixed(10))) {
        assert_near(seconds(&outcome), 2_000.0 * 10.0, 0.001);
        assert_eq!(outcome.peak(), outcome.back);
    }
    // All within a second: what is refilled meanwhile comes on top, for those who are not first.
    let spread = |devices, rate| Storm {
        over: Span::from_secs(1),
        ..storm(devices, rate, fixed(10))
    };
    for outcome in both(spread) {
        assert_near(seconds(&outcome), 13_000.0, 0.03);
    }
}

#[test]
fn exponential_waits_without_jitter_stay_locked_and_take_many_hours() {
    let shape = |devices, rate| Storm {
        over: Span::from_secs(1),
        ..storm(devices, rate, exponential(Jitter::None))
    };
    // In the end a round of 120 s lets in about 1.5 seconds' worth; the first eight rounds take two minutes only.
    let outcome = shape(1_000_000, 500).run_on(Engine::Counted);
    assert_near(seconds(&outcome), 155_000.0, 0.03);
    let outcome = shape(20_000, 10).run_on(Engine::Each);
    assert_near(seconds(&outcome), 155_000.0, 0.03);
}

#[test]
fn full_jitter_ends_near_the_floor_at_24_attempts_each() {
    let shape = storm(1_000_000, 500, exponential(Jitter::Full));
    let [each, counted] = [Engine::Each, Engine::Counted].map(|engine| shape.run_on(engine));
    for outcome in [&each, &counted] {
        assert_near(seconds(outcome), 2_070.0, 0.01);
        assert_near(outcome.attempts_per_device().unwrap(), 24.0, 0.03);
    }
    assert_alike(&each, &counted, 0.01);
}

/// Both engines tell the same: when half of the fleet was back and so on, how many attempts, and how many in each minute.
#[track_caller]
fn assert_alike(each: &StormOutcome, counted: &StormOutcome, tolerance: f64) {
    assert_eq!(
        each.back + each.gave_up + each.waiting,
        counted.back + counted.gave_up + counted.waiting
    );
    assert_near(counted.attempts as f64, each.attempts as f64, tolerance);
    let after = |outcome: &StormOutcome| outcome.back_after.map(|after| after.map(Span::as_secs_f64));
    for (each, counted) in after(each).into_iter().zip(after(counted)) {
        let (Some(each), Some(counted)) = (each, counted) else {
            panic!("{each:?} and {counted:?}")
        };
        assert_near(counted + 1.0, each + 1.0, tolerance);
    }
    let minutes = |outcome: &StormOutcome| -> Vec<u64> {
        let minutes = outcome.seconds.chunks(60);
        minutes
            .map(|of| of.iter().map(|second| second.attempts).sum())
            .collect()
    };
    let (each, counted) = (minutes(each), minutes(counted));
    let most = each.iter().max().copied().unwrap_or(0) as f64;
    for (at, (each, counted)) in each.iter().zip(&counted).enumerate() {
        let off = (*each as f64 - *counted as f64).abs() / most;
        assert!(off <= tolerance, "minute {at}: {each} and {counted}");
    }
}

#[test]
fn engines_agree_on_every_policy() {
    let jitters = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated];
    for jitter in jitters {
        let shape = Storm {
            over: Span::from_secs(3),
            closed_for: Span::from_secs(100),
            ..storm(100_000, 500, exponential(jitter))
        };
        let [each, counted] = [Engine::Each, Engine::Counted].map(|engine| shape.run_on(engine));
        assert_alike(&each, &counted, 0.03);
    }
}

#[test]
fn engines_agree_on_devices_that_give_up() {
    let shape = storm(100_000, 500, Profile::esp_aws_iot().reconnect);
    let [each, counted] = [Engine::Each, Engine::Counted].map(|engine| shape.run_on(engine));
    assert!(each.gave_up > 90_000, "{}", each.gave_up);
    assert_near(counted.gave_up as f64, each.gave_up as f64, 0.01);
    assert_near(counted.back as f64, each.back as f64, 0.05);
    assert_eq!((each.waiting, counted.waiting), (0, 0));
    assert_eq!((each.back_after[1], counted.back_after[1]), (None, None));
}

#[test]
fn a_billion_devices_are_a_million_scaled() {
    let billion = storm(1_000_000_000, 500_000, exponential(Jitter::Full)).run();
    let million = storm(1_000_000, 500, exponential(Jitter::Full)).run_on(Engine::Each);
    assert_near(seconds(&billion), seconds(&million), 0.01);
    assert_near(billion.attempts as f64 / 1e9, million.attempts as f64 / 1e6, 0.01);
}

#[test]
fn nothing_is_lost_and_the_floor_holds() {
    let storm = Storm {
        give_up: Span::from_secs(300),
        closed_for: Span::from_secs(200),
        ..storm(100_000, 500, exponential(Jitter::Full))
    };
    for outcome in [Engine::Each, Engine::Counted].map(|engine| storm.run_on(engine)) {
        assert_eq!(outcome.back + outcome.waiting, 100_000);
        // A second's worth at once, and 500 in each of the hundred seconds.
        assert!((50_400..=50_500).contains(&outcome.back), "{}", outcome.back);
        assert_eq!(
            outcome.seconds.iter().map(|second| second.accepted).sum::<u64>(),
            outcome.back
        );
        assert_eq!(
            outcome.seconds.iter().map(|second| second.attempts).sum::<u64>(),
            outcome.attempts
        );
        assert!(outcome.seconds[..200].iter().all(|second| second.accepted == 0));
    }
}

#[test]
fn an_empty_fleet_and_one_device_have_their_outcomes() {
    let patient = |devices, rate, reconnect| Storm {
        begin: Begin::SessionLost,
        ..storm(devices, rate, reconnect)
    };
    for engine in [Engine::Each, Engine::Counted] {
        let none = storm(0, 500, exponential(Jitter::Full)).run_on(engine);
        assert_eq!((none.back, none.attempts, none.all_back_after()), (0, 0, None));
        let one = patient(1, 1, fixed(10)).run_on(engine);
        assert_eq!((one.back, one.attempts), (1, 1));
        assert_eq!(one.all_back_after(), Some(Span::from_secs(10)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn the_quota_is_never_exceeded_and_no_device_is_forgotten(
        devices in 0u64..3_000, rate in 1u32..300, base_ms in 1i64..3_000, factor in 1i64..60, retries in 0u32..12,
        jitter in 0usize..4, exponential: bool, lost: bool, lost_ms in 0i64..5_000, closed_s in 0i64..40, seed: u64,
    ) {
        let jitter = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated][jitter];
        let storm = Storm {
            devices,
            begin: if lost { Begin::SessionLost } else { Begin::SwitchedOn },
            over: Span::from_millis(lost_ms),
            closed_for: Span::from_secs(closed_s),
            connects_per_second: rate,
            reconnect: Reconnect {
                growth: if exponential { Growth::Exponential } else { Growth::Fixed },
                jitter,
                base: Span::from_millis(base_ms),
                cap: Span::from_millis(base_ms * factor),
                retries: (retries > 0 && jitter != Jitter::Decorrelated).then_some(retries),
            },
            give_up: Span::from_mins(10),
            seed,
        };
        for engine in [Engine::Each, Engine::Counted] {
            let outcome = storm.run_on(engine);
            let rounds = engine == Engine::Counted;
            prop_assert_eq!(outcome.back + outcome.gave_up + outcome.waiting, devices, "{:?}", engine);
            let mut sum = 0;
            for (second, count) in outcome.seconds.iter().enumerate() {
                sum += count.accepted;
                let most = u64::from(rate) * (second as u64 + 2);
                prop_assert!(sum <= most && (rounds || count.accepted <= count.attempts), "{:?}: {} in {}", engine, sum, second);
            }
            if let Some(all) = outcome.all_back_after() {
                // Counts round half of a device.
                let slack = Span::from_secs(1).divided(i64::from(rate)) + Span::from_millis(2);
                prop_assert!(all + slack >= storm.floor(), "{:?}: {} before {}", engine, all, storm.floor());
            }
            prop_assert_eq!(&storm.run_on(engine), &outcome);
        }
    }
}
