//! Steps that people perform, and exercises without faults.

use drill::journal::{ChecklistItem, EndReason, Event, How, Performed, StepEnd, StepOutcome};
use drill::report::{Metric, ObjectiveVerdict, Severity, Verdict};
use drill::scenario::Exercise;

use crate::support::{Run, SCENARIO, done, find, recovered, secs};

fn performed(how: How, note: Option<&str>) -> Option<Box<Performed>> {
    Some(Box::new(Performed {
        by: "Ada".into(),
        role: None,
        at: "2026-11-21T09:14:03Z".into(),
        how,
        note: note.map(str::to_owned),
        checklist: Vec::new(),
    }))
}

/// [`recovered`], where a person ended `declare` so.
fn declared(end: impl Fn(&StepEnd) -> StepEnd) -> Run {
    let mut run = recovered();
    run.change(|_, event| {
        if let Event::StepEnded(known) = event
            && known.step == "declare"
        {
            *known = StepEnd {
                action: "human".into(),
                ..end(known)
            };
        }
    });
    run
}

#[test]
fn what_a_person_took_is_observed_and_not_assumed() {
    let modelled = recovered().report();
    let run = declared(|known| StepEnd {
        observed: known.modelled,
        modelled: secs(0),
        performed: performed(How::Confirmed, None),
        ..known.clone()
    });
    let report = run.report();
    let declare = &report.steps[0];
    assert!(
        declare.observed_s > 0.0 && declare.modelled_s == 0.0,
        "{declare:?}"
    );
    assert_eq!(report.basis.observed_s, declare.observed_s);
    assert!(
        report.basis.assumed_s < modelled.basis.assumed_s,
        "{:?}",
        report.basis
    );
    assert!(
        report.basis.text.contains("were observed"),
        "{}",
        report.basis.text
    );
    let rto = report
        .objectives
        .iter()
        .find(|one| one.metric == Metric::Rto)
        .unwrap();
    assert_eq!(rto.observed_s, declare.observed_s);
    assert_eq!(declare.performed.as_ref().map(|one| one.by.as_str()), Some("Ada"));
}

#[test]
fn a_disaster_whose_declaration_was_skipped_was_never_declared() {
    let run = declared(|known| StepEnd {
        outcome: StepOutcome::Skipped,
        observed: known.modelled,
        modelled: secs(0),
        performed: performed(How::Skipped, Some("false alarm")),
        ..known.clone()
    });
    let report = run.report();
    let finding = find(&report, &["Ada skipped step declare: false alarm."]);
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(report.steps[0].in_time, Some(false));
    let restore = report.steps.iter().find(|step| step.id == "restore").unwrap();
    assert_eq!(restore.in_time, None, "its window counts from the declaration");
}

#[test]
fn what_was_met_without_a_step_of_people_is_not_met() {
    let rto = |report: &drill::report::Report| {
        let mut all = report.objectives.iter();
        all.find(|one| one.metric == Metric::Rto).map(|one| one.verdict)
    };
    let met = recovered().report();
    assert_eq!(
        (met.verdict, rto(&met)),
        (Verdict::Pass, Some(ObjectiveVerdict::Pass))
    );
    let skipped = declared(|known| StepEnd {
        outcome: StepOutcome::Skipped,
        observed: known.modelled,
        modelled: secs(0),
        performed: performed(How::Skipped, Some("no time")),
        ..known.clone()
    });
    let report = skipped.report();
    assert_eq!(
        (report.verdict, rto(&report)),
        (Verdict::Inconclusive, Some(ObjectiveVerdict::Inconclusive))
    );
    let said = report.reasons.join(" ");
    assert!(
        said.contains("waits for by the plan: Ada skipped step declare."),
        "{said}"
    );
    // At its modelled timeout no person left it out: as forecasts have it, too.
    let timed_out = declared(|known| StepEnd {
        outcome: StepOutcome::Failed,
        ..known.clone()
    });
    assert_eq!(rto(&timed_out.report()), Some(ObjectiveVerdict::Pass));
}

#[test]
fn open_items_of_a_checklist_are_told() {
    let run = declared(|known| {
        let item = |text: &str, ticked| ChecklistItem {
            item: text.into(),
            ticked,
        };
        let mut performed = performed(How::Confirmed, None).unwrap();
        performed.checklist = vec![item("one", true), item("two", false)];
        StepEnd {
            performed: Some(performed),
            ..known.clone()
        }
    });
    find(
        &run.report(),
        &["1 of 2 items of its checklist not ticked: \"two\""],
    );
}

/// A tabletop of [`SCENARIO`], with its steps gone through; `complete` or given up.
fn tabletop(complete: bool) -> Run {
    let mut run = Run::new(&SCENARIO.replace("functional", "tabletop"));
    run.change(|_, event| {
        if let Event::Started {
            exercise,
            interactive,
            ..
        } = event
        {
            (*exercise, *interactive) = (Some(Exercise::Tabletop), true);
        }
    });
    run.event(2100, Event::ExerciseBegan);
    let told = Event::Inject {
        to: None,
        text: "Fault loss is announced.".into(),
        fault: Some("loss".into()),
    };
    run.event(2100, told);
    let steps = ["declare", "assess", "restore"];
    let last = if complete { 3 } else { 2 };
    for (n, id) in (0..).zip(&steps[..last]) {
        let end = StepEnd {
            outcome: StepOutcome::GoneThrough,
            observed: secs(60),
            performed: performed(How::Confirmed, None),
            ..done(id)
        };
        run.step_end(2100 + 60 * n, 2160 + 60 * n, end);
    }
    let reason = if complete {
        EndReason::ExerciseDone
    } else {
        EndReason::GaveUp
    };
    run.finish(3000, reason);
    run
}

#[test]
fn an_exercise_claims_nothing_of_a_recovery() {
    let report = tabletop(true).report();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(report.objectives.len() >= 3);
    let exercised = |one: &&drill::report::Objective| one.verdict != ObjectiveVerdict::NotExercised;
    assert_eq!(report.objectives.iter().find(exercised), None);
    let exercise = report.exercise.clone().expect("it says what it was");
    assert!(exercise.complete && exercise.people == ["Ada"], "{exercise:?}");
    assert!(
        exercise.text.ends_with("all 3 steps were gone through by Ada."),
        "{}",
        exercise.text
    );
    let window = (report.steps[0].within_s.is_some(), report.steps[0].in_time);
    assert_eq!(window, (true, None), "windows of an exercise are not judged");
    assert_eq!(report.injects.len(), 1);
    assert!(report.faults.is_empty() && report.data.is_empty() && report.basis.text.is_empty());
}

#[test]
fn an_exercise_that_was_not_gone_through_says_so() {
    let report = tabletop(false).report();
    let exercise = report.exercise.expect("it says what it was");
    assert!(!exercise.complete);
    assert!(
        report
            .reasons
            .iter()
            .any(|why| why.contains("Not gone through: restore.")),
        "{:?}",
        report.reasons
    );
}

#[test]
fn an_older_journal_of_a_tabletop_is_judged_as_the_drill_that_it_was() {
    let functional = recovered().report();
    let mut run = recovered();
    run.scenario.exercise = Exercise::Tabletop;
    let report = run.report();
    assert_eq!((report.exercise, report.verdict), (None, functional.verdict));
}
