//! Comparisons of hand-made baselines.

use super::*;
use crate::format::tests::example;
use crate::format::{Losses, ObjectiveFigures, StepFigures};

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
fn slower_step_is_called_with_name_and_confidence() {
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
fn significant_but_small_shift_is_not_called() {
    // Beyond all earlier times, and still less than a tenth.
    let now = with(|recorded| recorded.steps[0].measured_s = vec![1.06, 1.07, 1.08, 1.09, 1.095]);
    let before = with(|recorded| recorded.steps[0].measured_s = vec![1.0, 1.01, 1.02, 1.03, 1.04]);
    let all = compare(&before, &now, &Settings::default());
    assert!(all[0].timings[0].p.unwrap() < 0.01);
    assert_eq!(all[0].timings[0].call, Call::NotSlower);
    // Twice as long, but too short to matter.
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
        all[0].notes[1..],
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
    assert_eq!(repeats_needed(&few(1.0), &Settings::default()), Some(5));
    assert_eq!(repeats_needed(&example(), &Settings::default()), None);
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
    let why = comparison.not_compared.expect("it says so");
    assert!(why.contains("seed 1"), "{why}");
    let mut renamed = example();
    let hello = renamed.scenarios.remove("hello").expect("it has it");
    renamed.scenarios.insert("another".to_owned(), hello);
    let why = one(&renamed).not_compared.expect("it says so");
    assert!(why.contains("does not have this scenario"), "{why}");
    assert_eq!(not_drilled(&example(), &renamed), ["hello"]);
    assert_eq!(one(&example()).not_compared, None);
}

#[test]
fn added_and_removed_steps_are_listed() {
    let other = with(|recorded| recorded.steps[0].id = "rebuild".to_owned());
    let notes = one(&other).notes;
    assert_eq!(
        notes,
        [
            "Step rebuild is new.",
            "Step restore of the baseline is not in the scenario any more."
        ]
    );
}

#[test]
fn a_step_that_is_not_done_any_more_is_called() {
    let failed = with(|recorded| {
        let step = &mut recorded.steps[0];
        step.done = 4;
        step.calls = Range { least: 0, most: 0 };
    });
    assert_eq!(
        one(&failed).regressions(),
        ["step restore: did what it should in 4 of 5 drills, was 5 of 5; on the critical path"]
    );
    let unfinished = with(|recorded| {
        recorded.steps.clear();
        recorded.unfinished.push("restore".to_owned());
    });
    assert_eq!(
        one(&unfinished).regressions(),
        ["step restore: did not come to its end in every drill, as it did; on the critical path"]
    );
    // A plan whose step is known to fail: done in none before.
    let known = with(|recorded| recorded.steps[0].done = 0);
    let all = compare(&known, &known, &Settings::default());
    assert!(!all[0].is_regression());
}

#[test]
fn an_objective_that_has_no_figure_any_more_is_called() {
    let before = with(|recorded| {
        let actual_s = Range {
            least: 600.0,
            most: 600.0,
        };
        let figures = ObjectiveFigures {
            actual_s,
            error_s: 15.0,
        };
        recorded.objectives.insert("downloads rto".to_owned(), figures);
    });
    let open = with(|recorded| recorded.without_figure.push("downloads rto".to_owned()));
    let all = compare(&before, &open, &Settings::default());
    assert_eq!(
        all[0].regressions(),
        ["objective downloads rto: has no figure in every drill, as it had"]
    );
    let all = compare(&before, &example(), &Settings::default());
    assert!(!all[0].is_regression());
    assert_eq!(
        all[0].notes,
        ["Objective downloads rto of the baseline is not in the scenario any more."]
    );
}

#[test]
fn a_further_step_is_further_work_on_any_machine() {
    let further = with(|recorded| {
        recorded.machine.cores = 64;
        let mut step = recorded.steps[0].clone();
        step.id = "inspect".to_owned();
        recorded.steps.push(step);
    });
    let regressions = one(&further).regressions();
    assert!(
        regressions.contains(&"all steps together: API calls: 104, was 52".to_owned()),
        "{regressions:?}"
    );
}

#[test]
fn later_recovery_on_another_machine_is_called_beyond_its_measured_work() {
    let back_after = |seconds: f64, cores: u32| {
        with(move |recorded| {
            let actual_s = Range {
                least: seconds,
                most: seconds,
            };
            let figures = ObjectiveFigures {
                actual_s,
                error_s: 15.0,
            };
            recorded.objectives.insert("downloads rto".to_owned(), figures);
            recorded.machine.cores = cores;
        })
    };
    let called = |seconds: f64| {
        let all = compare(
            &back_after(600.0, 2),
            &back_after(seconds, 64),
            &Settings::default(),
        );
        all[0].is_regression()
    };
    assert!(called(720.0), "two minutes, and 1.1 s of work");
    assert!(!called(640.0), "within both errors, 2 %, and the work");
}

#[test]
fn verification_lasts_until_the_next_round_of_a_probe() {
    let green_after = |seconds: f64| {
        with(move |recorded| {
            let actual_s = Range {
                least: 600.0,
                most: 600.0,
            };
            let figures = ObjectiveFigures {
                actual_s,
                error_s: 30.0,
            };
            recorded.objectives.insert("downloads rto".to_owned(), figures);
            recorded.verification_s = Range::from_values([seconds]);
        })
    };
    let called = |seconds: f64| {
        compare(&green_after(5.0), &green_after(seconds), &Settings::default())[0].is_regression()
    };
    assert!(!called(23.0), "the step before it ended a little later");
    assert!(called(65.0));
}

#[test]
fn new_loss_is_called() {
    let lost = |least: u64, most: u64| {
        with(move |recorded| {
            let none = Range { least: 0, most: 0 };
            let losses = Losses {
                lost: Range { least, most },
                corrupted: none,
                stale: none,
                unknown: none,
            };
            recorded.losses.insert("files".to_owned(), losses);
        })
    };
    let all = compare(&lost(0, 0), &lost(0, 1), &Settings::default());
    assert_eq!(
        all[0].regressions(),
        ["data set files: lost writes: 0 to 1, was 0"]
    );
    let all = compare(&lost(0, 2), &lost(0, 3), &Settings::default());
    assert!(!all[0].is_regression(), "it varied before");
}

#[test]
fn unreadable_writes_are_no_improvement() {
    let of = |lost: u64, unknown: u64| {
        with(move |recorded| {
            let losses = Losses {
                lost: Range {
                    least: lost,
                    most: lost,
                },
                unknown: Range {
                    least: unknown,
                    most: unknown,
                },
                ..Losses::default()
            };
            recorded.losses.insert("files".to_owned(), losses);
        })
    };
    let all = compare(&of(12, 0), &of(0, 12), &Settings::default());
    assert_eq!(
        all[0].regressions(),
        ["data set files: writes whose fate is not known: 12, was 0"]
    );
}

#[test]
fn step_that_now_completes_is_no_further_work() {
    let before = with(|recorded| {
        let mut step = recorded.steps[0].clone();
        step.id = "assess".to_owned();
        recorded.steps = vec![step];
        recorded.unfinished.push("restore".to_owned());
    });
    let now = with(|recorded| {
        let mut step = recorded.steps[0].clone();
        step.id = "assess".to_owned();
        recorded.steps.insert(0, step);
        recorded.steps[1].calls = Range {
            least: 500,
            most: 500,
        };
    });
    let all = compare(&before, &now, &Settings::default());
    assert_eq!(all[0].regressions(), Vec::<String>::new());
    assert_eq!(
        all[0].notes,
        ["Step restore comes to its end in every drill now, and did not before."]
    );
}

#[test]
fn baseline_of_another_version_is_noted() {
    let newer = with(|recorded| recorded.tool = "9.9.9".to_owned());
    let notes = one(&newer).notes;
    assert!(
        notes[0].starts_with("The baseline is of Firedrill 0.1.0, and these drills of 9.9.9"),
        "{notes:?}"
    );
}

#[test]
fn step_that_lengthened_the_critical_path_is_called() {
    let path = |extra: &str, seconds: f64| {
        with(|recorded| {
            recorded.critical_paths[0].push(extra.to_owned());
            recorded.critical_path_s = Range::from_values([seconds]);
        })
    };
    let before = with(|recorded| recorded.critical_path_s = Range::from_values([100.0, 101.0]));
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
fn constant_figure_is_exact_with_enough_repeats() {
    let calls = |repeats: u32, calls: u64| {
        with(move |recorded| {
            recorded.repeats = repeats;
            recorded.steps[0].measured_s.truncate(repeats as usize);
            recorded.steps[0].done = repeats;
            recorded.steps[0].calls = Range {
                least: calls,
                most: calls,
            };
        })
    };
    let is_regression =
        |before: &Baseline, now: &Baseline| compare(before, now, &Settings::default())[0].is_regression();
    assert!(is_regression(&calls(5, 52), &calls(5, 54)));
    assert!(
        !is_regression(&calls(5, 208), &calls(5, 211)),
        "a hundredth is no news"
    );
    assert!(is_regression(&calls(5, 20), &calls(5, 21)));
    assert!(
        !is_regression(&calls(1, 52), &calls(3, 54)),
        "one repeat does not tell that it is exact"
    );
    assert!(!is_regression(&calls(1, 52), &calls(1, 57)));
    assert!(is_regression(&calls(1, 52), &calls(1, 58)));
}
