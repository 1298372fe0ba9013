//! `junit.xml`: a suite per scenario, a case per objective, for continuous integration.
//!
//! | the objective's verdict | in JUnit |
//! |---|---|
//! | pass, unaffected | success |
//! | fail | failure: target against what was achieved |
//! | inconclusive, not exercised | error: nothing was shown, so nothing may be green |
//!
//! A drill can be invalid though none of its objectives says so (no steady state, a fault unproven, a run
//! that was interrupted, no objectives at all). Then one more case, `verdict`, is an error with the
//! reasons: what is not a pass is never all green. Times and stamps are the report's own.

use std::time::Duration;

use drill::report::{Judged, Objective, ObjectiveVerdict, Report, Seconds, Verdict};
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use crate::words;

/// Renders `junit.xml`.
pub(crate) fn render(judged: &Judged) -> String {
    let report = &judged.report;
    let mut junit = JunitReport::new("firedrill");
    junit.timestamp = report.started_at.parse().ok();
    junit.time = duration(report.wall_seconds);
    junit.add_test_suite(suite(report));
    junit.to_string().expect("test cases serialise to memory")
}

fn suite(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(words::one_line(&report.scenario.name));
    suite.timestamp = report.started_at.parse().ok();
    suite.time = duration(report.wall_seconds);
    for (name, value) in properties(report) {
        suite.add_property((name, value.as_str()));
    }
    suite.add_test_cases(report.objectives.iter().map(|objective| case(report, objective)));
    let shown = report
        .objectives
        .iter()
        .any(|o| !matches!(status(o), TestCaseStatus::Success { .. }));
    if !report.complete || (report.verdict != Verdict::Pass && !shown) || report.objectives.is_empty() {
        suite.add_test_case(verdict_case(report));
    }
    suite
}

fn properties(report: &Report) -> Vec<(&'static str, String)> {
    vec![
        ("verdict", words::verdict_key(report.verdict).to_owned()),
        ("complete", report.complete.to_string()),
        ("seed", report.seed.to_string()),
        ("cloud", words::one_line(&words::cloud(report))),
        ("basis", words::one_line(&report.basis.text)),
        ("speed", report.speed.to_string()),
        ("drill_seconds", report.drill_seconds.to_string()),
        ("scenario_sha256", words::one_line(&report.scenario.sha256)),
        (
            "seal",
            words::one_line(report.seal.as_deref().unwrap_or("not sealed")),
        ),
    ]
}

fn case(report: &Report, objective: &Objective) -> TestCase {
    let mut case = TestCase::new(
        words::one_line(&words::objective_key(objective)),
        status(objective),
    );
    case.set_classname(words::one_line(&report.scenario.name));
    case.time = objective.actual_s.and_then(duration);
    case.add_property(("target_s", objective.target_s.to_string().as_str()));
    if let Some(actual) = objective.actual_s {
        case.add_property(("actual_s", actual.to_string().as_str()));
    }
    if let Some(bound) = objective.at_least_s {
        case.add_property(("at_least_s", bound.to_string().as_str()));
    }
    case.add_property(("error_s", objective.error_s.to_string().as_str()));
    if let Some(why) = &objective.decided_by_emulator {
        case.add_property(("decided_by_emulator", words::one_line(why).as_str()));
    }
    case
}

fn status(objective: &Objective) -> TestCaseStatus {
    let (kind, ty, message) = match objective.verdict {
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => return TestCaseStatus::success(),
        ObjectiveVerdict::Fail => (
            NonSuccessKind::Failure,
            "missed",
            format!(
                "{} missed: target {}, achieved {}",
                words::objective_name(objective),
                words::target(objective),
                words::achieved_with_error(objective)
            ),
        ),
        ObjectiveVerdict::Inconclusive => (NonSuccessKind::Error, "inconclusive", words::why_open(objective)),
        ObjectiveVerdict::NotExercised => {
            (NonSuccessKind::Error, "not_exercised", words::why_open(objective))
        }
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(ty).set_message(words::one_line(&message));
    status
}

/// What the objectives do not say: the drill as a whole is no pass.
fn verdict_case(report: &Report) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let message = match report.complete {
        true => words::why(report),
        false => words::partial(report),
    };
    status
        .set_type(words::verdict_key(report.verdict))
        .set_message(words::one_line(&message));
    if !report.reasons.is_empty() {
        let reasons: Vec<String> = report.reasons.iter().map(|r| words::one_line(r)).collect();
        status.set_description(reasons.join("\n"));
    }
    let mut case = TestCase::new("verdict", status);
    case.set_classname(words::one_line(&report.scenario.name));
    case
}

/// A time that JUnit can hold, if it is one.
fn duration(seconds: Seconds) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn a_pass_is_green_and_stamped_by_the_report() {
        insta::assert_snapshot!(render(&fixtures::passing()));
    }

    #[test]
    fn misses_and_open_objectives_are_told_apart() {
        insta::assert_snapshot!(render(&fixtures::as_written()));
    }

    #[test]
    fn what_is_no_pass_is_never_all_green() {
        let mut cases = fixtures::all();
        let mut invalid = fixtures::passing();
        invalid.report.verdict = Verdict::Inconclusive;
        invalid.report.reasons = vec!["The fault corrupt-programs was not proven.".into()];
        cases.push(("invalid", invalid));
        let mut cut = fixtures::passing();
        cut.report.complete = false;
        cases.push(("cut", cut));
        for (name, judged) in cases {
            let xml = render(&judged);
            let document = roxmltree::Document::parse(&xml).unwrap();
            let red = document
                .descendants()
                .any(|n| n.has_tag_name("failure") || n.has_tag_name("error"));
            let pass = judged.report.verdict == Verdict::Pass && judged.report.complete;
            assert_eq!(red, !pass, "{name}");
            assert!(
                !document.descendants().any(|n| n.has_tag_name("skipped")),
                "{name}"
            );
        }
    }

    #[test]
    fn one_case_per_objective_named_after_it() {
        let judged = fixtures::busy();
        let xml = render(&judged);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let cases: Vec<_> = document
            .descendants()
            .filter(|n| n.has_tag_name("testcase"))
            .map(|n| n.attribute("name").unwrap().to_owned())
            .collect();
        let objectives: Vec<_> = judged
            .report
            .objectives
            .iter()
            .map(words::objective_key)
            .collect();
        assert_eq!(cases, objectives);
    }

    #[test]
    fn hostile_text_stays_text() {
        let xml = render(&fixtures::hostile());
        assert!(roxmltree::Document::parse(&xml).is_ok());
        assert!(!xml.contains("<script") && !xml.contains('\u{1b}'));
    }
}
