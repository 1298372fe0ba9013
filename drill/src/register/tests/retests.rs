//! Which drills retest which findings, and what becomes of one that was closed.

use super::*;
use crate::report::{DataSet, ExerciseSummary, Message};
use crate::scenario::{Durations, Exercise};

fn good() -> Report {
    report(Verdict::Pass, vec![])
}

/// Whether the drill exercised what `loss/<finding>` is about, which an unchanged drill found.
fn exercises(finding: &str, report: &Report) -> bool {
    exercised(&format!("loss/{finding}"), Some(&good()), report)
}

fn with_data(counted: u64) -> Report {
    Report {
        data: vec![DataSet {
            name: "files".to_owned(),
            counted,
            ..DataSet::default()
        }],
        ..good()
    }
}

fn with_step(change: impl Fn(&mut Step)) -> Report {
    let mut report = good();
    report.steps.iter_mut().for_each(change);
    report
}

#[test]
fn what_a_drill_exercised() {
    for subject in [
        "step=contain",
        "service=orders",
        "fault=gone",
        "service=orders,fault=gone",
    ] {
        assert!(exercises(&format!("kind/{subject}"), &good()), "{subject}");
    }
    for subject in [
        "step=other",
        "service=other",
        "fault=other",
        "step=contain,fault=other",
        "a-text-without-1f2e3d4c",
    ] {
        assert!(!exercises(&format!("kind/{subject}"), &good()), "{subject}");
    }
    let mut untold = good();
    untold.objectives = vec![objective(ObjectiveVerdict::NotExercised)];
    untold.verdict = Verdict::Inconclusive;
    assert!(!exercises("kind/service=orders", &untold));
    assert!(!exercises("writes_lost/of=files", &untold));
}

#[test]
fn a_drill_that_asked_for_less_retests_nothing() {
    let found_in = with_step(|step| (step.in_time, step.within_s) = (Some(false), Some([0.0, 600.0])));
    let against = |change: &dyn Fn(&mut Report)| {
        let mut report = with_step(|step| (step.in_time, step.within_s) = (Some(true), Some([0.0, 600.0])));
        change(&mut report);
        exercised("loss/window_missed/step=contain", Some(&found_in), &report)
    };
    assert!(against(&|_| {}));
    assert!(against(&|report| report.steps[0].within_s = Some([0.0, 300.0])));
    assert!(!against(&|report| {
        for step in &mut report.steps {
            step.within_s = Some([0.0, 1_200.0]);
        }
    }));
    assert!(!against(&|report| report.objectives[0].target_s *= 8.0));
    assert!(!against(&|report| report.durations = Durations::P50));
    assert!(!against(&|report| report.cloud = "localstack".to_owned()));
}

#[test]
fn what_could_not_be_read_is_not_exercised() {
    let mut report = with_data(12);
    assert!(exercises("writes_lost/of=files", &report));
    report.data[0].unknown = 12;
    assert!(!exercises("writes_lost/of=files", &report));
}

#[test]
fn what_is_not_in_a_drill_is_not_exercised_by_it() {
    assert!(exercises("writes_lost/of=files", &with_data(7)));
    for of in [
        "writes_lost/of=files",
        "lost_in_failback/of=files",
        "program_failed/of=blink",
        "events_dropped/of=ingest/eu",
        "events_not_redriven/of=ingest/eu",
        "regions_differ/of=store",
        "not_detected/of=canary",
        "devices_not_back/of=fleet",
        "devices_elsewhere/of=eu",
    ] {
        assert!(!exercises(of, &good()), "{of}");
    }
    assert!(!exercises("writes_lost/of=files", &with_data(0)));
    // Where a report does not tell, the same scenario file has it.
    let mut edited = good();
    edited.scenario.sha256 = "other".to_owned();
    assert!(exercises("copies_refused/of=store", &good()));
    assert!(!exercises("copies_refused/of=store", &edited));
    assert!(!exercised("loss/copies_refused/of=store", None, &good()));
}

#[test]
fn a_step_is_checked_for_what_was_found_of_it() {
    let window = "window_missed/step=contain";
    assert!(!exercises(window, &good()));
    assert!(exercises(window, &with_step(|step| step.in_time = Some(true))));
    let damage = "damage_not_found/step=contain";
    let found = |detail: &'static str| with_step(move |step| step.detail = Some(detail.to_owned()));
    assert!(!exercises(damage, &good()));
    assert!(!exercises(damage, &found("no damage found in 30 objects")));
    assert!(exercises(damage, &found("3 of 30 objects are gone")));
    for by_people in ["step_skipped/step=contain", "checklist_open/step=contain"] {
        assert!(!exercises(by_people, &good()), "{by_people}");
    }
    let late = "told_late/step=contain";
    let mut told = good();
    told.messages = vec![Message {
        step: "contain".to_owned(),
        to: "the board".to_owned(),
        at_s: Some(1.0),
        due_s: Some(2.0),
        in_time: Some(true),
    }];
    assert!(!exercises(late, &good()) && exercises(late, &told));
}

#[test]
fn an_exercise_without_faults_retests_nothing() {
    let mut walkthrough = with_step(|step| step.detail = Some("3 of 30 are gone".to_owned()));
    walkthrough.exercise = Some(ExerciseSummary {
        kind: Exercise::Walkthrough,
        complete: true,
        people: vec![],
        text: String::new(),
    });
    let mut without = good();
    without.faults.clear();
    for key in [
        "damage_not_found/step=contain",
        "step_failed/step=contain",
        "kind/service=orders",
    ] {
        assert!(
            !exercises(key, &walkthrough) && !exercises(key, &without),
            "{key}"
        );
    }
}

#[test]
fn the_same_faults_are_proven_again() {
    let key = "step_failed/step=contain";
    let with_fault = |change: fn(&mut Fault)| {
        let mut report = good();
        report.faults.iter_mut().for_each(change);
        report
    };
    assert!(exercises(key, &good()));
    for other in [
        with_fault(|fault| fault.proven = false),
        with_fault(|fault| fault.start_s = None),
        with_fault(|fault| fault.id = "another".to_owned()),
        with_fault(|fault| fault.action = "s3.corrupt".to_owned()),
    ] {
        assert!(!exercises(key, &other), "{:?}", other.faults);
    }
}

const CLOSED: &str =
    "version: 1\nfindings:\n  - id: F-1\n    key: loss/step_failed/step=contain\n    status: closed\n";

#[test]
fn what_is_closed_in_the_future_is_refused_and_hides_nothing() {
    let text = format!("{CLOSED}    closed_on: 2026-07-02\n");
    let today = Day::parse("2026-07-01").unwrap();
    let errors = FindingsRegister::parse_on("f.yaml", &text, &today).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "f.yaml:6:16: findings[0].closed_on: found 2026-07-02; allowed: a date until today, 2026-07-01 (UTC)"
    );
    assert!(FindingsRegister::parse_on("f.yaml", &text, &Day::parse("2026-07-02").unwrap()).is_ok());
    let bad = report(Verdict::Pass, failed_step());
    assert_eq!(state(&text, &[("a", &bad)], "2026-07-01").state, State::Reopened);
    assert_eq!(state(&text, &[("a", &good())], "2026-07-01").state, State::Closed);
}

#[test]
fn a_run_that_found_it_closes_nothing() {
    let bad = report(Verdict::Pass, failed_step());
    let text = format!("{CLOSED}    closed_on: 2026-06-02\n    retested_by: b\n");
    let found = state(&text, &[("b", &bad)], "2026-07-01");
    assert_eq!((found.state, found.retested_by), (State::Reopened, None));
}

#[test]
fn only_what_began_later_than_the_last_that_found_it_retests() {
    let at = |started: &str| Report {
        started_at: started.to_owned(),
        ..good()
    };
    let (earlier, later) = (at("2026-06-01T09:00:00Z"), at("2026-06-01T11:00:00Z"));
    let open = CLOSED.replace("closed", "open")
        + "    last_seen: gone\n    last_seen_at: \"2026-06-01T10:00:00Z\"\n";
    let found = state(&open, &[("a", &earlier)], "2026-07-01");
    assert_eq!((found.state, found.retested_by), (State::Open, None));
    assert_eq!(found.last_seen_at.as_deref(), Some("2026-06-01T10:00:00Z"));
    let found = state(&open, &[("a", &earlier), ("b", &later)], "2026-07-01");
    assert_eq!(
        (found.state, found.retested_by.as_deref()),
        (State::Retested, Some("b"))
    );
}

#[test]
fn the_run_that_the_register_names_must_have_exercised_it() {
    let bad = report(Verdict::Pass, failed_step());
    let mut skipped = good();
    skipped.steps.clear();
    let open = CLOSED.replace("closed", "open") + "    retested_by: b\n";
    let found = state(&open, &[("a", &bad), ("b", &skipped)], "2026-07-01");
    assert_eq!((found.state, found.retested_by), (State::Open, None));
}
