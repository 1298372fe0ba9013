mod retests;

use super::*;
use crate::journal::StepOutcome;
use crate::report::{Fault, Finding, Metric, Objective, ObjectiveVerdict, Report, Step, Verdict};

const REGISTER: &str = "\
# Ours.
version: 1
findings:
  - id: F-001   # the first
    key: loss/step_failed/step=contain
    owner: \"Kim, on call\"
    due: 2026-06-30
    text: Step contain failed.
  # Kept by hand.
  - id: F-007
    status: closed
    closed_on: 2026-05-01
    key: loss/writes_lost/of=programs
    note: |
      Two lines,
      as they are.
";

fn parse(text: &str) -> FindingsRegister {
    FindingsRegister::parse("findings.yaml", text).unwrap()
}

#[test]
fn a_register_is_read() {
    let register = parse(REGISTER);
    let entry = register.entry("loss/step_failed/step=contain").unwrap();
    assert_eq!(entry.id, "F-001");
    assert_eq!(entry.owner.as_deref(), Some("Kim, on call"));
    assert_eq!(entry.due, Day::parse("2026-06-30"));
    assert_eq!(entry.status, Status::Open);
    assert_eq!(
        register.by_id("F-007").unwrap().note.as_deref(),
        Some("Two lines,\nas they are.\n")
    );
    assert_eq!(parse(""), FindingsRegister::default());
    assert_eq!(parse("version: 1\nfindings:\n"), FindingsRegister::default());
}

#[test]
fn every_error_is_told_at_once_with_its_line() {
    let text = "\
version: 2
findings:
  - id: F-001
    key: a/b/c=d
    due: 31.12.2026
    onwer: Kim
  - id: F-001
    key: a/b/c=d
    status: closed
  - key: x/y/z=w
    severity: bad
";
    let errors = FindingsRegister::parse("f.yaml", text).unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

fn new(key: &str, text: &str) -> NewEntry {
    NewEntry {
        key: key.to_owned(),
        scenario: "loss".to_owned(),
        text: text.to_owned(),
        severity: Some(crate::report::Severity::Critical),
        step: Some("restore".to_owned()),
        service: None,
        fault: None,
        first_seen: Some("loss/1".to_owned()),
        last_seen: Some("loss/2".to_owned()),
        last_seen_at: Some("2026-06-01T10:00:00Z".to_owned()),
        retested_by: None,
    }
}

#[test]
fn what_is_added_leaves_the_rest_as_it_is() {
    let added = [new(
        "loss/step_failed/step=restore",
        "It said: \"no\" # or so\u{1b}[2J\nand more",
    )];
    let (text, ids) = add("f", REGISTER, &added).unwrap();
    assert_eq!(ids, ["F-008"]);
    assert!(text.starts_with(REGISTER));
    insta::assert_snapshot!(&text[REGISTER.len()..]);
    let entry = parse(&text).by_id("F-008").unwrap().clone();
    assert_eq!(entry.last_seen.as_deref(), Some("loss/2"));
    // A new file, and one without a line feed at its end.
    let (text, ids) = add("f", "", &added).unwrap();
    assert_eq!((ids, parse(&text).entries.len()), (vec!["F-001".to_owned()], 1));
    let (again, ids) = add("f", text.trim_end(), &[new("loss/x/step=y", "x")]).unwrap();
    assert_eq!(ids, ["F-002"]);
    assert!(again.starts_with(&text));
    for empty in ["version: 1\nfindings:\n", "version: 1\nfindings: # none yet\n"] {
        let (text, _) = add("f", empty, &added).unwrap();
        assert!(
            text.starts_with(empty) && parse(&text).entries.len() == 1,
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_added_to_is_left_alone() {
    let added = [new("loss/step_failed/step=restore", "x")];
    for text in [
        "version: 1\nfindings: []\n",
        "version: 1\nfindings: [{id: F-001, key: a/b/c=d}]\n",
        "findings:\n  - id: F-001\n    key: a/b/c=d\nversion: 1\n",
    ] {
        assert!(
            matches!(add("f", text, &added), Err(EditError::ByHand { .. })),
            "{text}"
        );
    }
    // Line ends of another system stay.
    let (text, _) = add("f", &REGISTER.replace('\n', "\r\n"), &added).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn one_field_is_set_on_its_line() {
    let set = |text: &str, id: &str, field: &str, value: &str| set("f", text, id, field, value);
    let changed = set(REGISTER, "F-001", "owner", "Max O'Neil").unwrap();
    assert_eq!(changed, REGISTER.replace("\"Kim, on call\"", "\"Max O'Neil\""));
    let changed = set(REGISTER, "F-001", "due", "2027-01-01").unwrap();
    assert_eq!(changed, REGISTER.replace("2026-06-30", "2027-01-01"));
    // What was not there gets a line of its own below the id.
    let changed = set(REGISTER, "F-007", "owner", "Kim").unwrap();
    assert_eq!(
        changed,
        REGISTER.replace("  - id: F-007\n", "  - id: F-007\n    owner: Kim\n")
    );
    let changed = set(REGISTER, "F-007", "status", "open").unwrap();
    assert_eq!(changed, REGISTER.replace("status: closed", "status: open"));
    let bare = "version: 1\nfindings:\n- id: F-001\n  owner: # who?\n  key: 'a/b/c=d''e' # it\n";
    let changed = set(bare, "F-001", "owner", "Kim").unwrap();
    assert_eq!(parse(&changed).entries[0].owner.as_deref(), Some("Kim"));
    assert!(
        changed.contains("# who?") && changed.contains("# it"),
        "{changed}"
    );
}

#[test]
fn a_field_that_cannot_be_set_on_its_line_is_left_alone() {
    let set = |text: &str, field: &str| set("f", text, "F-007", field, "x");
    assert!(matches!(
        set(REGISTER, "note"),
        Err(EditError::ByHand { line: 14, .. })
    ));
    let flow = "version: 1\nfindings: [{id: F-007, key: a/b/c=d}]\n";
    assert!(matches!(set(flow, "owner"), Err(EditError::ByHand { .. })));
    assert!(matches!(set(REGISTER, "id"), Err(EditError::ByHand { .. })));
    assert!(matches!(
        super::set("f", REGISTER, "F-9", "owner", "x"),
        Err(EditError::Unknown { .. })
    ));
}

fn finding(kind: &str, text: &str) -> Finding {
    Finding {
        severity: crate::report::Severity::Warning,
        kind: kind.to_owned(),
        text: text.to_owned(),
        step: None,
        service: None,
        fault: None,
        about: None,
        source: None,
    }
}

#[test]
fn a_key_is_the_same_whatever_the_figures() {
    let step = |text: &str| Finding {
        step: Some("contain".to_owned()),
        ..finding("step_failed", text)
    };
    assert_eq!(key("loss", &step("after 3m")), "loss/step_failed/step=contain");
    assert_eq!(key("loss", &step("after 5m")), key("loss", &step("after 3m")));
    let about = Finding {
        about: Some("programs".to_owned()),
        ..step("30 of 750")
    };
    assert_eq!(key("loss", &about), "loss/step_failed/of=programs");
    // What is about nothing that has a name, and what older reports have.
    let text = |text: &str| key("loss", &finding("", text));
    assert_eq!(
        text("Red for 1h 2m 3.5s (12 times, 7 %)."),
        text("Red for 59s (1,000 times, 12 %).")
    );
    assert_eq!(text("objects/000006 is gone"), text("objects/000007 is gone"));
    assert_ne!(text("Red for 1h"), text("Green for 1h"));
    assert!(text("The broker was red for 2m.").starts_with("loss/text/the-broker-was-red-for-"));
}

/// A drill with a step, a fault and a service, that found these.
fn report(verdict: Verdict, findings: Vec<Finding>) -> Report {
    let json = serde_json::json!({
        "schema": 1,
        "scenario": {"name": "loss", "title": "", "system": "", "source": null, "sha256": ""},
        "seed": 1, "cloud": "embedded", "speed": 1.0, "started_at": "2026-06-01T10:00:00Z",
        "finished_at": "2026-06-01T10:00:00Z", "wall_seconds": 0.0, "drill_seconds": 0.0, "complete": true,
        "verdict": verdict, "basis": crate::report::Basis::default(), "reasons": [], "objectives": [], "incidents": [],
        "phases": [], "steps": [], "faults": [], "data": [], "protections": [], "fleet": null, "findings": findings,
        "flips": [], "clock": crate::report::Clock::default(),
    });
    let mut report: Report = serde_json::from_value(json).unwrap();
    report.steps = vec![step(StepOutcome::Done)];
    report.faults = vec![fault(true)];
    report.objectives = vec![objective(ObjectiveVerdict::Pass)];
    report
}

fn step(outcome: StepOutcome) -> Step {
    serde_json::from_value(serde_json::json!({
        "id": "contain", "do": "human", "within_s": null, "in_time": null, "late_s": null, "start_s": 1.0, "end_s": 2.0,
        "measured_s": 0.0, "modelled_s": 1.0, "observed_s": 0.0, "calls": 0, "bytes": 0, "retries": 0, "outcome": outcome,
        "source": null, "error": null, "detail": null,
    }))
    .unwrap()
}

fn fault(proven: bool) -> Fault {
    Fault {
        id: "gone".to_owned(),
        action: "s3.delete_objects".to_owned(),
        start_s: Some(0.0),
        end_s: None,
        proven,
        evidence: String::new(),
        targets: 1,
    }
}

fn objective(verdict: ObjectiveVerdict) -> Objective {
    Objective {
        service: "orders".to_owned(),
        metric: Metric::Rto,
        target_s: 60.0,
        actual_s: Some(90.0),
        at_least_s: None,
        actual_from_declaration_s: None,
        measured_s: 0.0,
        modelled_s: 90.0,
        observed_s: 0.0,
        error_s: 0.0,
        source: None,
        verdict,
        decided_by_emulator: None,
        chance: None,
    }
}

fn failed_step() -> Vec<Finding> {
    vec![Finding {
        step: Some("contain".to_owned()),
        ..finding("step_failed", "It failed.")
    }]
}

const KEY: &str = "loss/step_failed/step=contain";

fn state(register: &str, runs: &[(&str, &Report)], today: &str) -> Followed {
    let all = follow(&parse(register), runs, &Day::parse(today).unwrap());
    all.into_iter().find(|one| one.key == KEY).unwrap()
}

#[test]
fn a_finding_is_retested_only_by_a_drill_that_exercised_it() {
    let (bad, good) = (
        report(Verdict::Pass, failed_step()),
        report(Verdict::Pass, vec![]),
    );
    let mut skipped = good.clone();
    skipped.steps = vec![step(StepOutcome::NotStarted)];
    let mut interrupted = good.clone();
    interrupted.complete = false;
    let mut other = good.clone();
    other.scenario.name = "another".to_owned();

    let found = state(
        "",
        &[("a", &bad), ("b", &skipped), ("c", &interrupted), ("d", &other)],
        "2026-07-01",
    );
    assert_eq!((found.state, found.retested_by.as_deref()), (State::New, None));
    let found = state(
        "",
        &[("a", &bad), ("b", &skipped), ("c", &good), ("d", &good)],
        "2026-07-01",
    );
    assert_eq!(
        (found.state, found.retested_by.as_deref()),
        (State::Retested, Some("c"))
    );
    // Found again since: nothing has retested it.
    let found = state("", &[("a", &bad), ("b", &good), ("c", &bad)], "2026-07-01");
    assert_eq!((found.state, found.retested_by), (State::New, None));
    assert_eq!(
        (found.first_seen.as_deref(), found.last_seen.as_deref()),
        (Some("a"), Some("c"))
    );
}

#[test]
fn the_register_says_who_and_when_and_runs_say_whether() {
    let (bad, good) = (
        report(Verdict::Pass, failed_step()),
        report(Verdict::Pass, vec![]),
    );
    let open = format!("version: 1\nfindings:\n  - id: F-1\n    key: {KEY}\n    due: 2026-06-30\n");
    let found = state(&open, &[("a", &bad)], "2026-07-01");
    assert_eq!((found.state, found.overdue), (State::Open, true));
    assert!(!state(&open, &[("a", &bad)], "2026-06-30").overdue);
    let found = state(&open, &[("a", &bad), ("b", &good)], "2026-07-01");
    assert_eq!((found.state, found.overdue), (State::Retested, false));
    // Without any run it is as the register has it.
    assert_eq!(state(&open, &[], "2026-07-01").state, State::Open);

    let closed = format!(
        "version: 1\nfindings:\n  - id: F-1\n    key: {KEY}\n    status: closed\n    closed_on: 2026-06-01\n    \
         retested_by: b\n"
    );
    let found = state(&closed, &[("a", &bad), ("b", &good)], "2026-07-01");
    assert_eq!(found.state, State::Closed);
    let found = state(&closed, &[("a", &bad), ("b", &good), ("c", &bad)], "2026-07-01");
    assert_eq!((found.state, found.retested_by), (State::Reopened, None));
    // The run with which it was closed is gone: for runs of the same day the order is unknown, for one of the next day it is known.
    let mut later = bad.clone();
    assert_eq!(
        state(&closed, &[("c", &later)], "2026-07-01").state,
        State::Closed
    );
    later.started_at = "2026-06-02T00:00:00Z".to_owned();
    assert_eq!(
        state(&closed, &[("c", &later)], "2026-07-01").state,
        State::Reopened
    );
    let accepted = open.replace("due: 2026-06-30", "status: accepted");
    assert_eq!(
        state(&accepted, &[("a", &bad)], "2026-07-01").state,
        State::Accepted
    );
}

#[test]
fn a_drill_in_which_nothing_broke_found_nothing_of_the_plan() {
    let mut unbroken = report(Verdict::Inconclusive, failed_step());
    unbroken.faults = vec![fault(false)];
    let mut interrupted = report(Verdict::Fail, failed_step());
    interrupted.complete = false;
    let today = Day::parse("2026-07-01").unwrap();
    let runs = [("a", &unbroken), ("b", &interrupted)];
    assert_eq!(follow(&FindingsRegister::default(), &runs, &today), []);
    // An exercise without faults is one that was meant so.
    let mut tabletop = report(Verdict::Inconclusive, failed_step());
    tabletop.faults.clear();
    assert_eq!(
        follow(&FindingsRegister::default(), &[("a", &tabletop)], &today).len(),
        1
    );
}

#[test]
fn a_missed_objective_is_followed_like_a_finding() {
    let mut missed = report(Verdict::Fail, vec![]);
    missed.objectives = vec![objective(ObjectiveVerdict::Fail)];
    let met = report(Verdict::Pass, vec![]);
    let mut unexercised = met.clone();
    unexercised.objectives = vec![objective(ObjectiveVerdict::NotExercised)];
    let today = Day::parse("2026-07-01").unwrap();
    let after = |last: &Report| {
        follow(
            &FindingsRegister::default(),
            &[("a", &missed), ("b", last)],
            &today,
        )
        .remove(0)
    };
    let one = after(&met);
    assert_eq!(one.key, "loss/objective_missed/service=orders,of=rto");
    assert_eq!(one.text, "The RTO of orders (1m) is missed: 1m 30s.");
    assert_eq!(one.state, State::Retested);
    assert_eq!(after(&unexercised).state, State::New);
}
