//! Steps of the user's own commands: their effect is unknown unless drills were recorded.

use super::*;
use crate::plan::calibration::{PastChange, PastStep};
use crate::plan::refusals;

fn scripted(takes: &str) -> Parts {
    let mut parts = hello();
    parts.runbook = format!(
        "  - {{id: declare, do: human, takes: {{p50: 5m10s, p95: 5m10s}}}}\n  - {{id: script, do: shell, run: \"true\"{takes}}}\n"
    );
    parts
}

fn past(minutes: i64, failed: bool, objects: u64) -> PastStep {
    past_that_left(minutes, failed, objects, 0)
}

fn past_that_left(minutes: i64, failed: bool, objects: u64, left: u64) -> PastStep {
    let bodies = PastChange::Bodies {
        bucket: "files".to_owned(),
        region: "primary".to_owned(),
        objects,
        left,
    };
    PastStep {
        work: Span::from_mins(minutes),
        failed,
        changes: if objects > 0 { vec![bodies] } else { Vec::new() },
    }
}

fn calibrated(steps: Vec<PastStep>) -> Calibration {
    Calibration {
        drills: vec!["2026-01-01".to_owned()],
        steps: [("script".to_owned(), steps)].into(),
    }
}

fn with(parts: &Parts, steps: Vec<PastStep>, runs: u64) -> Study {
    let scenario = parts.parse();
    study_of(&Question {
        runs,
        calibration: calibrated(steps),
        ..question_about(&scenario)
    })
}

#[test]
fn unknown_commands_are_refused_with_their_line() {
    let parts = scripted("");
    let (text, scenario) = (parts.text(), parts.parse());
    let line = 1 + text.lines().position(|line| line.contains("id: script")).unwrap() as u32;
    for calibration in [Calibration::default(), calibrated(Vec::new())] {
        let refused = refusals(&scenario, &calibration);
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].line, Some(line));
        assert!(refused[0].text.contains("script"), "{}", refused[0].text);
        let question = Question {
            calibration,
            ..question_about(&scenario)
        };
        assert_eq!(study(&question, &Watch::default()), Err(refused));
    }
    assert!(refusals(&scenario, &calibrated(vec![past(1, false, 0)])).is_empty());
}

#[test]
fn modelled_commands_are_assumed_to_succeed() {
    let parts = scripted(", takes: {p50: 2m, p95: 2m}");
    let (text, study) = (parts.text(), parts.runs(20));
    // 28m10s + 2m: the round at 30m30s.
    assert_always(rto(&study), 620.0);
    let line = 1 + text.lines().position(|line| line.contains("id: script")).unwrap() as u32;
    let said = study
        .assumptions
        .iter()
        .find(|assumed| assumed.line == Some(line));
    assert!(
        said.is_some_and(|said| said.text.contains("taken to work")),
        "{:?}",
        study.assumptions
    );
    // They work no wonders: what is purged is gone.
    let mut parts = parts;
    parts.faults = parts.faults.replace("mode: marker", "mode: purge");
    assert_never(&parts.runs(20), Metric::Rto, "downloads");
}

/// Back with the first round after all is restored, or with one of those shortly before, whose samples were sound by luck,
/// as most objects were.
#[track_caller]
fn assert_back(study: &Study, seconds: f64) {
    let found = |percent| quantile(rto(study), percent).unwrap();
    assert_eq!(rto(study).chance, 1.0);
    assert!(
        found(5) >= seconds - 90.0 && found(100) == seconds,
        "{}",
        found(5)
    );
}

#[test]
fn commands_do_what_they_did_in_a_recorded_drill() {
    let parts = scripted("");
    let study = with(&parts, vec![past(2, false, 10_000)], 20);
    assert_back(&study, 620.0);
    assert!(
        study
            .assumptions
            .iter()
            .all(|assumed| !assumed.text.contains("taken to work"))
    );
    // What left nothing leaves nothing, however little was damaged in that drill.
    assert_back(&with(&parts, vec![past(2, false, 7)], 20), 620.0);
    // Half of the objects are not enough, and nothing is nothing, however well it went.
    assert_never(
        &with(&parts, vec![past_that_left(2, false, 60, 60)], 20),
        Metric::Rto,
        "downloads",
    );
    let study = with(&parts, vec![past(2, false, 0)], 20);
    assert_never(&study, Metric::Rto, "downloads");
    assert_eq!(study.durations[2].failed, 0);
    // What failed in the end did what it did before.
    let study = with(&parts, vec![past(2, true, 10_000)], 20);
    assert_back(&study, 620.0);
    assert_eq!(study.durations[2].failed, 20);
    // Its time is beside what the scenario says that it takes.
    let parts = scripted(", takes: {p50: 1m, p95: 1m}");
    assert_back(&with(&parts, vec![past(2, false, 10_000)], 20), 680.0);
}

#[test]
fn several_recorded_drills_are_as_likely_as_each_other() {
    let mut parts = scripted("");
    // Back after 560 s with one, and after 680 s with the other, or shortly before; the third never worked.
    parts.services = parts.services.replace("rto: 30m", "rto: 10m");
    let drills = vec![past(1, false, 10_000), past(3, false, 10_000), past(1, true, 0)];
    let study = with(&parts, drills, 3_000);
    let target = rto(&study);
    let third = 1.0 / 3.0;
    assert!(
        (target.chance_low..=target.chance_high).contains(&third),
        "{}",
        target.chance
    );
    let (low, high) = crate::plan::statistics::wilson(target.figure.beyond, 3_000);
    assert!((low..=high).contains(&third), "{}", target.figure.beyond);
    assert_eq!(quantile(target, 25), Some(560.0));
    let second = quantile(target, 50).unwrap();
    assert!(second > 600.0 && second <= 680.0, "{second}");
}

#[test]
fn commands_into_a_region_that_is_lost_do_nothing() {
    let mut parts = scripted("");
    parts.cloud = replicated("{p50: 1s, p99: 1s}", "").cloud;
    parts
        .faults
        .push_str("  - {at: \"step:script+30s\", do: region.outage, for: 20m}\n");
    let study = with(&parts, vec![past(2, false, 10_000)], 20);
    assert_eq!(study.durations[2].failed, 20);
    assert_never(&study, Metric::Rto, "downloads");
}
