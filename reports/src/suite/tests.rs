//! Suites of hand-made reports.

use drill::report::{Judged, Objective, ObjectiveVerdict, Verdict};
use drill::scenario::{Because, Expectation};

use super::*;
use crate::fixtures;

/// Drills of a fixture, of which this is expected.
pub(crate) fn drilled(judged: &[Judged], expectation: Expectation) -> Drilled {
    let mut drilled = Drilled::alone(&judged[0]);
    drilled.drills = judged
        .iter()
        .enumerate()
        .map(|(n, judged)| Drill {
            wall_s: 10.25 + n as f64,
            result: Ok(Box::new(judged.report.clone())),
        })
        .collect();
    drilled.expectation = expectation;
    drilled
}

/// The expectation that this drill fulfils.
pub(crate) fn as_it_is(judged: &Judged) -> Expectation {
    let report = &judged.report;
    let missed = report
        .objectives
        .iter()
        .filter(|one| one.verdict == ObjectiveVerdict::Fail);
    let open = report.objectives.iter().filter(|one| one.is_open());
    Expectation {
        verdict: report.verdict,
        because: Some(Because {
            missed: missed.map(Objective::key).collect(),
            open: Some(open.map(Objective::key).collect()),
            errors: Vec::new(),
            steps: None,
        }),
        line: 1,
    }
}

pub(crate) fn broken() -> Drill {
    Drill {
        wall_s: 0.5,
        result: Err(NoReport {
            exit: Some(4),
            why: "firedrill: cannot listen on 127.0.0.1:4566: address in use\n".to_owned(),
        }),
    }
}

#[test]
fn the_worst_of_the_drills_counts() {
    let (good, bad) = (fixtures::passing(), fixtures::as_written());
    let pass = drill::expectation::PASS;
    assert_eq!(
        drilled(&[good.clone(), good.clone()], pass.clone()).state(),
        State::Expected
    );
    let mixed = drilled(&[good.clone(), bad.clone()], pass.clone());
    assert_eq!(mixed.state(), State::Unexpected);
    assert_eq!(mixed.worst().unwrap().verdict, Verdict::Fail);
    let mut without = drilled(std::slice::from_ref(&good), pass.clone());
    without.drills.push(broken());
    assert_eq!(without.state(), State::Broken);
    let mut open = good;
    open.report.verdict = Verdict::Inconclusive;
    assert_eq!(drilled(&[open], pass).state(), State::Inconclusive);
    assert_eq!(
        drilled(std::slice::from_ref(&bad), as_it_is(&bad)).state(),
        State::Expected
    );
}

#[test]
fn a_suite_reads_well_on_a_pull_request() {
    let bad = fixtures::as_written();
    let mut broke = drilled(&[fixtures::passing()], drill::expectation::PASS);
    broke.name = "broke".to_owned();
    broke.drills = vec![broken()];
    let mut unlike = drilled(&[fixtures::passing(), bad.clone()], drill::expectation::PASS);
    unlike.name = "unlike".to_owned();
    let suite = [drilled(std::slice::from_ref(&bad), as_it_is(&bad)), unlike, broke];
    insta::assert_snapshot!("suite_markdown", markdown(&suite));
    insta::assert_snapshot!("suite_text", text(&suite));
}

#[test]
fn hostile_text_stays_text() {
    let suite = [drilled(&[fixtures::hostile()], drill::expectation::PASS)];
    let markdown = markdown(&suite);
    assert!(
        !markdown.contains("<script") && !markdown.contains('\u{1b}'),
        "{markdown}"
    );
    assert!(!text(&suite).contains('\u{1b}'));
}

#[test]
fn details_that_do_not_fit_are_left_out() {
    let many: Vec<Drilled> = (0..80)
        .map(|_| drilled(&[fixtures::passing()], drill::expectation::PASS))
        .collect();
    let markdown = markdown(&many);
    assert!(markdown.len() < 65_536 && markdown.contains("do not fit"));
}
