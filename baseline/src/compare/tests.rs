//! Comparisons of hand-made baselines.

use super::*;
use crate::format::StepFigures;
use crate::format::tests::example;

/// The example with its one scenario changed.
fn with(change: impl FnOnce(&mut Recorded)) -> Baseline {
    let mut baseline = example();
    change(baseline.scenarios.get_mut("hello").expect("it has it"));
    baseline
}

fn one(now: &Baseline) -> Comparison {
    let mut all = compare(&example(), now, &Settings::default());
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn times(factor: f64) -> impl FnOnce(&mut Recorded) {
    move |recorded| {
        for seconds in &mut recorded.steps[0].measured_s {
            *seconds *= factor;
        }
    }
}

#[test]
fn the_same_drills_are_no_regression() {
    let comparison = one(&example());
    assert!(!comparison.is_regression());
    assert_eq!(comparison.notes, Vec::<String>::new());
    assert_eq!(comparison.timings[0].call, Call::NotSlower);
}

#[test]
fn a_slower_step_is_called_with_its_name_and_how_surely() {
    let comparison = one(&with(times(1.3)));
    assert_eq!(comparison.timings[0].call, Call::Slower);
    assert_eq!(
        comparison.regressions(),
        [
            "step restore: measured time: median 1.30 s, was 1.00 s (+30 %), p = 3.97e-3 corrected for all steps that were tested; \
             on the critical path"
        ]
    );
}

#[test]
fn what_is_significant_and_too_small_is_not_called() {
    // Beyond all earlier times, and still less than a tenth.
    let now = with(|recorded| recorded.steps[0].measured_s = vec![1.06, 1.07, 1.08, 1.09, 1.095]);
    let before = with(|recorded| recorded.steps[0].measured_s = vec![1.0, 1.01, 1.02, 1.03, 1.04]);
    let all = compare(&before, &now, &Settings::default());
    assert!(all[0].timings[0].p.unwrap() < 0.01);
    assert_eq!(all[0].timings[0].call, Call::NotSlower);
    // Twice as long, and nobody would notice.
    let now = with(|recorded| recorded.steps[0].measured_s = vec![0.08; 5]);
    let before = with(|recorded| recorded.steps[0].measured_s = vec![0.04; 5]);
    let all = compare(&before, &now, &Settings::default());
    assert_eq!(all[0].timings[0].call, Call::NotSlower);
    let now = with(|recorded| recorded.steps[0].measured_s = vec![0.04; 5]);
    let before = with(|recorded| recorded.steps[0].measured_s = vec![0.01; 5]);
    let all = compare(&before, &now, &Settings::default());
    assert_eq!(
        (all[0].timings[0].call.clone(), all[0].timings[0].p),
        (Call::Short, None)
    );
}

#[test]
fn too_few_repeats_say_how_many_are_needed() {
    let few = |factor: f64| {
        with(|recorded| {
            recorded.repeats = 3;
            recorded.steps[0].measured_s = vec![factor, 1.01 * factor, 1.02 * factor];
        })
    };
    let all = compare(&few(1.0), &few(2.0), &Settings::default());
    assert_eq!(all[0].timings[0].call, Call::TooFew(5));
    assert!(!all[0].is_regression());
    assert_eq!(
        all[0].notes,
        [
            "3 against 3 repeats cannot show with a confidence of 99 % that a step takes longer: repeat at least 5 times, for \
             the baseline and now."
        ]
    );
    let settings = Settings {
        confidence: 0.95,
        ..Settings::default()
    };
    assert_eq!(
        compare(&few(1.0), &few(2.0), &settings)[0].timings[0].call,
        Call::Slower
    );
}

#[test]
fn more_steps_need_more_repeats() {
    let many = |factor: f64| {
        with(|recorded| {
            let step = recorded.steps[0].clone();
            recorded.steps = (0..12)
                .map(|n| StepFigures {
                    id: format!("step-{n}"),
                    measured_s: step.measured_s.iter().map(|seconds| seconds * factor).collect(),
                    ..step.clone()
                })
                .collect();
        })
    };
    let all = compare(&many(1.0), &many(2.0), &Settings::default());
    assert!(
        all[0].timings.iter().all(|timing| timing.call == Call::TooFew(7)),
        "{:?}",
        all[0].timings
    );
}

#[test]
fn times_of_another_machine_are_shown_and_fail_nothing() {
    let elsewhere = with(|recorded| {
        times(9.0)(recorded);
        recorded.machine.cores = 64;
    });
    let comparison = one(&elsewhere);
    assert!(!comparison.is_regression());
    assert!(
        comparison.notes[0].contains("64 cores of Example 9000"),
        "{:?}",
        comparison.notes
    );
    assert!(comparison.timings[0].shift_s > 7.0);
    let more_at_once = with(|recorded| {
        times(9.0)(recorded);
        recorded.jobs = 4;
    });
    assert!(!one(&more_at_once).is_regression());
    // What does not depend on the machine fails all the same.
    let costlier = with(|recorded| {
        recorded.machine.cores = 64;
        recorded.steps[0].calls = Range { least: 80, most: 80 };
    });
    assert_eq!(
        one(&costlier).regressions(),
        ["step restore: API calls: 80, was 52; on the critical path"]
    );
}

#[test]
fn figures_that_varied_may_vary_as_much_again() {
    let waits =
        |least, most| with(move |recorded| recorded.steps[0].sequential_waits = Range { least, most });
    // The baseline saw 8 to 11.
    assert!(
        !one(&waits(10, 30)).is_regression(),
        "one of the repeats is within what was seen"
    );
    assert!(
        !one(&waits(15, 16)).is_regression(),
        "11, the width of 3, and one more"
    );
    assert!(one(&waits(16, 20)).is_regression());
    let better = one(&waits(1, 1));
    assert!(!better.is_regression());
    assert_eq!(better.improvements().len(), 1);
}

#[test]
fn other_drills_are_not_compared() {
    let other_seed = with(|recorded| {
        recorded.seed = 2;
        recorded.steps[0].calls = Range { least: 80, most: 80 };
    });
    let comparison = one(&other_seed);
    assert!(!comparison.is_regression() && comparison.timings.is_empty());
    assert!(comparison.notes[0].contains("seed 1"), "{:?}", comparison.notes);
    let mut renamed = example();
    let hello = renamed.scenarios.remove("hello").expect("it has it");
    renamed.scenarios.insert("another".to_owned(), hello);
    assert_eq!(one(&renamed).notes, ["The baseline does not have this scenario."]);
}

#[test]
fn steps_that_came_and_went_are_told() {
    let other = with(|recorded| recorded.steps[0].id = "rebuild".to_owned());
    let notes = one(&other).notes;
    assert_eq!(
        notes,
        [
            "Step rebuild is new.",
            "Step restore of the baseline did not come to its end."
        ]
    );
}

#[test]
fn what_came_onto_the_critical_path_and_made_it_longer_is_called() {
    let path = |extra: &str, seconds: f64| {
        with(|recorded| {
            recorded.critical_paths[0].push(extra.to_owned());
            recorded.critical_path_s = Range::of([seconds]);
        })
    };
    let before = with(|recorded| recorded.critical_path_s = Range::of([100.0, 101.0]));
    let all = compare(&before, &path("inform", 300.0), &Settings::default());
    assert_eq!(
        all[0].regressions(),
        ["the critical path: drill time: 5m, was 1m 40s to 1m 41s; on the critical path"]
    );
    assert!(
        all[0].notes[0].contains("inform lies on it now"),
        "{:?}",
        all[0].notes
    );
    let all = compare(&before, &path("inform", 90.0), &Settings::default());
    assert!(!all[0].is_regression());
}

#[test]
fn what_had_one_value_is_exact_where_there_are_repeats_enough() {
    let calls = |repeats: u32, calls: u64| {
        with(move |recorded| {
            recorded.repeats = repeats;
            recorded.steps[0].measured_s.truncate(repeats as usize);
            recorded.steps[0].calls = Range {
                least: calls,
                most: calls,
            };
        })
    };
    let is_regression =
        |before: &Baseline, now: &Baseline| compare(before, now, &Settings::default())[0].is_regression();
    assert!(is_regression(&calls(3, 52), &calls(3, 53)));
    assert!(
        !is_regression(&calls(1, 52), &calls(3, 54)),
        "one repeat does not tell that it is exact"
    );
    assert!(is_regression(&calls(1, 52), &calls(1, 55)));
}
