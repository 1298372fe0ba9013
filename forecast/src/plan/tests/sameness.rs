//! The same question has the same answer, however it is worked on; and what was not done is not told as done.

use std::sync::atomic::Ordering;

use super::*;
use crate::plan::statistics::wilson;

#[test]
fn threads_and_repetitions_change_nothing_and_seeds_do() {
    let scenario = replicated(
        "{p50: 20s, p99: 10m}",
        "  - {id: declare, do: human, takes: {p50: 5m, p95: 10m}}\n  - {id: names, do: dns.failover, to: backup}\n",
    );
    let mut scenario = scenario;
    scenario.faults = "  - {at: 20m10s, do: region.outage}\n".to_owned();
    let scenario = scenario.parse();
    let with = |threads, seed| {
        study_of(&Question {
            runs: 300,
            threads,
            seed,
            phase: Phase::Random,
            what_if: true,
            ..question_about(&scenario)
        })
    };
    let first = with(1, 7);
    assert!(first.complete && first.runs == 300 && first.asked == 300);
    assert_eq!(first, with(1, 7));
    assert_eq!(first, with(2, 7));
    assert_eq!(first, with(3, 7));
    assert_ne!(first.targets, with(1, 1_000_000).targets);
}

#[test]
fn runs_end_once_every_chance_is_known_well_enough() {
    let mut parts = hello();
    // Met by nine of ten: 540 s of 5m and 10m.
    parts.services = parts.services.replace("rto: 30m", "rto: 12m");
    let scenario = parts.parse();
    for wanted in [0.02, 0.01] {
        let study = study_of(&Question {
            runs: 20_000,
            until_ci: Some(wanted),
            threads: 2,
            ..question_about(&scenario)
        });
        assert!(
            study.runs < 20_000 && study.runs.is_multiple_of(1_000),
            "{}",
            study.runs
        );
        assert!(study.complete);
        for target in &study.targets {
            assert!((target.chance_high - target.chance_low) / 2.0 <= wanted);
            assert_eq!(
                wilson(target.met, study.runs),
                (target.chance_low, target.chance_high)
            );
        }
        // A thousand runs fewer were not enough, if there were as many.
        let fewer = study_of(&Question {
            runs: study.runs - 1_000,
            ..question_about(&scenario)
        });
        let known = |target: &Target| (target.chance_high - target.chance_low) / 2.0;
        assert!(fewer.targets.iter().any(|target| known(target) > wanted) || fewer.runs == 0);
    }
}

#[test]
fn stopped_forecast_is_a_prefix_and_marked() {
    let scenario = hello().parse();
    let question = Question {
        runs: 10_000_000,
        threads: 2,
        what_if: true,
        ..question_about(&scenario)
    };
    let watch = Watch::default();
    let stopped = std::thread::scope(|scope| {
        scope.spawn(|| {
            while watch.done.load(Ordering::Relaxed) < 100 {
                std::thread::yield_now();
            }
            watch.stop.store(true, Ordering::Relaxed);
        });
        study(&question, &watch).unwrap()
    });
    assert!(!stopped.complete && stopped.runs >= 64 && stopped.runs < 10_000_000);
    assert!(stopped.what_if.is_empty());
    assert_eq!(stopped.asked, 10_000_000);
    let whole = study_of(&Question {
        runs: stopped.runs,
        ..question_about(&scenario)
    });
    assert!(whole.complete);
    assert_eq!(
        (&stopped.targets, &stopped.durations),
        (&whole.targets, &whole.durations)
    );
    assert_eq!(stopped.worst, whole.worst);
}

#[test]
fn no_runs_give_no_result() {
    let scenario = hello().parse();
    let study = study_of(&Question {
        runs: 0,
        what_if: true,
        ..question_about(&scenario)
    });
    for target in &study.targets {
        assert_eq!((target.chance_low, target.chance_high), (0.0, 1.0));
        assert_eq!((target.figure.known, target.figure.beyond), (0, 0));
    }
    assert!(study.worst.is_empty() && study.what_if.is_empty());
}

#[test]
fn one_of_the_worst_runs_is_made_again_by_its_seed() {
    // Half of the objects only, so that draws decide what a sample finds; copies that are on their way; a fleet.
    let mut parts = replicated(
        "{p50: 20s, p99: 10m}",
        "  - {id: declare, do: human, takes: {p50: 5m, p95: 15m}}\n  - {id: names, do: dns.failover, to: backup}\n",
    );
    parts.cloud.push_str(
        "  iot:\n    regions: [primary, backup]\n    rules:\n      telemetry: {topic: \"dt/+/telemetry\", to: {bucket: \
         files}, batch: {max: 500, window: 10s}}\n",
    );
    parts.fleet =
        "fleet:\n  devices: 2000\n  profile: aws-full-jitter\n  discovery: dns\n  telemetry: {every: 60s}\n"
            .to_owned();
    parts
        .probes
        .push_str("  path: {do: path.telemetry, every: 30s, timeout: 90s}\n");
    parts
        .services
        .push_str("    telemetry: {probe: path, data: telemetry, rto: 1h, rpo: 15m}\n");
    parts.faults =
        "  - {at: 20m10s, do: s3.delete_objects, bucket: files, fraction: 0.1, mode: purge}\n  - {at: 21m, \
                    do: region.outage}\n"
            .to_owned();
    let scenario = parts.parse();
    let question = Question {
        runs: 120,
        seed: 41,
        phase: Phase::Random,
        ..question_about(&scenario)
    };
    let many = study_of(&question);
    assert!(!many.worst.is_empty());
    for worst in &many.worst {
        let one = study_of(&Question {
            seed: worst.seed,
            runs: 1,
            ..question.clone()
        });
        let again = &one.worst[0];
        assert_eq!(
            (again.seed, &again.service, again.down_s, &again.missed),
            (worst.seed, &worst.service, worst.down_s, &worst.missed)
        );
    }
    // And all of them together are what they are one by one.
    let median = |metric, service: &str| {
        let mut found: Vec<i64> = figures(&question, metric, service)
            .iter()
            .map(|figure| figure.us.unwrap_or(i64::MAX))
            .collect();
        found.sort_unstable();
        Some(found[59] as f64 / 1e6).filter(|s| *s < 1e12)
    };
    for target in &many.targets {
        if target.service != "*" {
            assert_eq!(
                quantile(target, 50),
                median(target.metric, &target.service),
                "{target:?}"
            );
        }
    }
    assert!(many.fleet.is_some());
}
