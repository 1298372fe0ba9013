//! Recovery times that a formula gives.

use drill::plan::takes;

use super::*;
use crate::plan::study::WhatIf;

const FAULT: Span = Span::from_secs(20 * 60 + 10);
const DETECTED: Span = Span::from_secs(23 * 60);

/// The standard normal distribution, by its Taylor series about 0; exact to 1e-12 up to 4.
fn phi(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..120 {
        term *= -x * x / 2.0 / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    0.5 + sum / (2.0 * std::f64::consts::PI).sqrt()
}

/// A log-normal of this median and 95th percentile is at most `at` with this chance.
pub(super) fn lognormal_up_to(at: f64, p50: f64, p95: f64) -> f64 {
    const Z_95: f64 = 1.644_853_626_951_472_7;
    phi((at / p50).ln() / ((p95 / p50).ln() / Z_95))
}

#[test]
fn recovery_ends_with_the_first_round_after_what_the_step_of_this_seed_takes() {
    let scenario = hello().parse();
    let question = Question {
        runs: 100,
        ..question_about(&scenario)
    };
    let found = figures(&question, Metric::Rto, "downloads");
    for (seed, figure) in (1..).zip(&found) {
        let declare = takes(seed, Durations::Draw, &scenario.runbook[0]);
        let back = up_to(s(30), DETECTED + declare) - FAULT;
        assert_eq!(figure.us, Some(back.as_us()), "seed {seed}");
        assert_eq!(figure.met, back <= s(30 * 60), "seed {seed}");
        assert!(!figure.by_fault_end && !figure.unaffected);
    }
    // Detection is the same in all of them: 23m less 20m10s.
    let study = study_of(&question);
    let detection = &study.durations[0].length;
    assert_eq!(detection.quantiles[0].value_s, Some(170.0));
    assert_eq!(detection.quantiles[7].value_s, Some(170.0));
    let mut sorted: Vec<i64> = found.iter().filter_map(|figure| figure.us).collect();
    sorted.sort_unstable();
    // The 50th of 100.
    assert_eq!(quantile(rto(&study), 50), Some(sorted[49] as f64 / 1e6));
}

#[test]
fn the_chance_is_that_of_the_distribution() {
    for (minutes, longest) in [(8, 300.0), (12, 540.0), (16, 780.0)] {
        // Back by 20m10s + 8m means by the round at 28m: 300 s after detection at 23m. Each four minutes more are
        // 240 s more.
        let mut parts = hello();
        parts.services = parts.services.replace("rto: 30m", &format!("rto: {minutes}m"));
        let study = parts.runs(2_000);
        let chance = lognormal_up_to(longest, 300.0, 600.0);
        let target = rto(&study);
        assert!(
            (target.chance_low..=target.chance_high).contains(&chance),
            "{chance} of {minutes}m: {target:?}"
        );
        assert_eq!(target.met as f64 / 2_000.0, target.chance);
    }
}

#[test]
fn the_moment_of_the_fault_varies_the_figure_by_less_than_the_longest_interval() {
    // Monitoring fires 2m after the first whole minute at or after the fault, and 5m10s later the objects are back, for a
    // round 5m30s after it fired: 7m30s after that minute, which the fault comes up to a minute before.
    let mut parts = hello();
    parts.runbook = parts
        .runbook
        .replace("p50: 5m, p95: 10m", "p50: 5m10s, p95: 5m10s");
    let scenario = parts.parse();
    let question = Question {
        runs: 1_000,
        phase: Phase::Random,
        ..question_about(&scenario)
    };
    let study = study_of(&question);
    let target = rto(&study);
    let (least, most) = (quantile(target, 5).unwrap(), quantile(target, 100).unwrap());
    assert!(least >= 450.0 && most < 510.0, "{least} {most}");
    // Uniform over a minute, whose 5 % quantile is at 3 s and whose mean is at 30 s.
    assert!((least - 453.0).abs() < 1.5, "{least}");
    assert!(
        (target.figure.mean_s.unwrap() - 480.0).abs() < 2.0,
        "{:?}",
        target.figure.mean_s
    );
    assert!(most > 509.0);
}

#[test]
fn longer_durations_never_make_a_recovery_shorter() {
    let before = hello();
    let mut after = hello();
    after.runbook = after.runbook.replace("p50: 5m, p95: 10m", "p50: 10m, p95: 20m");
    let (before, after) = (before.parse(), after.parse());
    let runs = 60;
    let figures_of = |scenario| {
        figures(
            &Question {
                runs,
                ..question_about(scenario)
            },
            Metric::Rto,
            "downloads",
        )
    };
    for (before, after) in figures_of(&before).iter().zip(figures_of(&after)) {
        assert!(before.us < after.us, "{before:?} {after:?}");
    }
}

#[test]
fn durations_at_a_quantile_are_those_that_a_drill_takes() {
    let scenario = hello().parse();
    // 23m + 10m is a whole half minute: a round that begins at the instant at which a step ends may come before it.
    for (durations, least) in [(Durations::P50, 28), (Durations::P95, 33)] {
        let study = study_of(&Question {
            runs: 20,
            durations,
            ..question_about(&scenario)
        });
        let least = (least * 60 - 20 * 60 - 10) as f64;
        let found = quantile(rto(&study), 100).unwrap();
        assert!(found == least || found == least + 30.0, "{found}");
        assert_eq!(quantile(rto(&study), 5), Some(found));
    }
}

fn what_if<'s>(study: &'s Study, duration: &str, factor: f64) -> &'s WhatIf {
    let mut found = study.what_if.iter();
    let such = |one: &&WhatIf| one.duration == duration && one.factor == factor && one.metric == Metric::Rto;
    found
        .find(such)
        .unwrap_or_else(|| panic!("{duration} × {factor}"))
}

#[test]
fn only_durations_on_the_critical_path_change_the_recovery_time() {
    // Beside the restore people are informed, which takes longer than everything else.
    let mut parts = hello();
    parts.runbook = "  - {id: declare, do: human, takes: {p50: 4m, p95: 4m}}\n  - {id: tell, do: human, after: \
                     [declare], takes: {p50: 20m, p95: 20m}}\n  - {id: assess, do: s3.audit, bucket: files, after: \
                     [declare]}\n  - {id: think, do: human, takes: {p50: 6m10s, p95: 6m10s}}\n  - {id: restore, do: \
                     s3.restore_versions, damaged: assess}\n"
        .to_owned();
    let scenario = parts.parse();
    let study = study_of(&Question {
        runs: 20,
        what_if: true,
        ..question_about(&scenario)
    });
    // 23m + 4m + 6m10s is 33m10s: back with the round at 33m30s, 13m20s after the fault.
    assert_always(rto(&study), 800.0);
    for (duration, factor, after) in [
        // 31m10s: the round at 31m30s, 120 s earlier.
        ("declare", 0.5, 680.0),
        // 37m10s.
        ("declare", 2.0, 1_040.0),
        // 30m5s: the round at 30m30s.
        ("think", 0.5, 620.0),
        // 39m20s: the round at 39m30s.
        ("think", 2.0, 1_160.0),
        ("tell", 0.5, 800.0),
        ("tell", 2.0, 800.0),
        // Asked every half minute from drill 0: at 20m30s, 21m and 21m30s. 31m40s, so the round at 32m.
        ("detection", 0.5, 710.0),
        // Asked every two minutes: at 22m, 24m and 26m. 36m10s: the round at 36m30s.
        ("detection", 2.0, 980.0),
    ] {
        let found = what_if(&study, duration, factor);
        assert_eq!(found.median_before_s, Some(800.0));
        assert_eq!(found.median_after_s, Some(after), "{duration} × {factor}");
        assert_eq!((found.before, found.after, found.runs), (1.0, 1.0, 20));
    }
    // On the way: 170 s, 240 s and 370 s of 800 s; the restore ends when it begins.
    for (name, critical, share) in [
        ("detection", 1.0, 170.0 / 800.0),
        ("declare", 1.0, 240.0 / 800.0),
        ("think", 1.0, 370.0 / 800.0),
        ("restore", 1.0, 0.0),
        ("tell", 0.0, 0.0),
    ] {
        let duration = study.durations.iter().find(|one| one.name == name).unwrap();
        assert_eq!(duration.critical, critical, "{name}");
        assert!(
            (duration.share - share).abs() < 1e-9,
            "{name}: {}",
            duration.share
        );
    }
}
