//! Whether a drill ended as its scenario expects, and what decided when services were back.

use drill::audit::Found;
use drill::expectation::{PASS, unfulfilled};
use drill::journal::{EndReason, Health};
use drill::measures::critical_path;
use drill::report::{Finding, Severity, Verdict};
use drill::scenario::{Because, Expectation};

use crate::support::*;

fn because(missed: &[&str], open: Option<&[&str]>, steps: Option<&[&str]>) -> Expectation {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Expectation {
        verdict: Verdict::Fail,
        because: Some(Because {
            missed: owned(missed),
            open: open.map(owned),
            steps: steps.map(owned),
            errors: Vec::new(),
        }),
        line: 1,
    }
}

/// The objects stay deleted when the drill gives up: what was lost is, and it gave up before the RTO was over.
fn lost() -> Run {
    let mut run = recovered();
    run.forget_results("objects", FAULT);
    run.results("objects", FAULT + 5, END, Health::Red);
    let targets = targets();
    run.audits(|key| {
        if targets.iter().any(|target| target == key) {
            Found::Missing
        } else {
            body(key)
        }
    });
    run.finish(END, EndReason::GaveUp);
    run
}

const ALL: [&str; 2] = ["delivery rpo", "* mtd"];

#[test]
fn a_pass_is_as_expected_where_nothing_else_is() {
    let report = recovered().report();
    assert_eq!(unfulfilled(&PASS, &report), Vec::<String>::new());
    let why = unfulfilled(&because(&ALL, None, None), &report);
    assert_eq!(
        why,
        [
            "The verdict is pass, and fail is expected.",
            "delivery rpo is expected to be missed, and is not.",
            "* mtd is expected to be missed, and is not.",
        ]
    );
}

#[test]
fn a_step_fails_with_the_error_that_is_known() {
    let mut report = lost().report();
    let step = &mut report.steps[0];
    step.error = Some("AccessDenied: the role may not write".to_owned());
    let id = step.id.clone();
    let with = |text: &str| {
        let mut expectation = because(&ALL, None, None);
        let because = expectation.because.as_mut().expect("it has one");
        because.errors.push((id.clone(), text.to_owned()));
        unfulfilled(&expectation, &report)
    };
    assert_eq!(with("AccessDenied"), Vec::<String>::new());
    assert_eq!(
        with("InvalidBucketState"),
        [format!(
            "Step {id} is expected to fail with \"InvalidBucketState\": its error is AccessDenied: the role may not write."
        )]
    );
}

#[test]
fn a_failure_is_expected_for_its_reason_alone() {
    let report = lost().report();
    assert_eq!(report.verdict, Verdict::Fail, "{:#?}", report.reasons);
    assert_eq!(
        unfulfilled(&because(&ALL, None, None), &report),
        Vec::<String>::new()
    );
    assert_eq!(
        unfulfilled(&because(&ALL[..1], None, None), &report),
        ["* mtd is missed, which is not expected."]
    );
    assert_eq!(
        unfulfilled(&because(&[ALL[0], ALL[1], "* protection"], None, None), &report),
        ["* protection is expected to be missed, and is not."]
    );
    assert_eq!(
        unfulfilled(&PASS, &report),
        ["The verdict is fail, and pass is expected."]
    );
    // `check` refuses it; a failure for any reason is not one that was expected.
    let any = Expectation {
        because: None,
        ..because(&[], None, None)
    };
    assert_eq!(unfulfilled(&any, &report).len(), 1);
}

#[test]
fn open_objectives_are_held_against_a_list_where_there_is_one() {
    let report = lost().report();
    let open: Vec<String> = report
        .objectives
        .iter()
        .filter(|objective| objective.is_open())
        .map(drill::report::Objective::key)
        .collect();
    assert!(!open.is_empty(), "{:#?}", report.objectives);
    let open: Vec<&str> = open.iter().map(String::as_str).collect();
    assert_eq!(
        unfulfilled(&because(&ALL, Some(&open), None), &report),
        Vec::<String>::new()
    );
    let why = unfulfilled(&because(&ALL, Some(&[]), None), &report);
    assert_eq!(why.len(), open.len());
    assert!(why[0].ends_with("is open, which is not expected."), "{why:?}");
}

#[test]
fn steps_fail_or_are_named_by_a_critical_finding_and_no_other_fails() {
    let mut run = lost();
    run.without_step("assess").step_end(
        2900,
        2910,
        failed("assess", "ListObjectVersions", "AccessDenied", "Access Denied"),
    );
    let mut report = run.report();
    assert_eq!(
        unfulfilled(&because(&ALL, None, Some(&["assess"])), &report),
        Vec::<String>::new()
    );
    let none = unfulfilled(&because(&ALL, None, Some(&[])), &report);
    assert_eq!(
        none,
        ["Step assess failed, which is not expected: AccessDenied: Access Denied (ListObjectVersions)."]
    );
    // Without a list any step may.
    assert_eq!(
        unfulfilled(&because(&ALL, None, None), &report),
        Vec::<String>::new()
    );
    let both = because(&ALL, None, Some(&["assess", "declare"]));
    report
        .findings
        .retain(|finding| finding.step.as_deref() != Some("declare"));
    assert_eq!(
        unfulfilled(&both, &report),
        ["Step declare is expected to fail: it did not, and no critical finding names it."]
    );
    report.findings.push(Finding {
        severity: Severity::Critical,
        kind: String::new(),
        text: "The role was not filled.".to_owned(),
        step: Some("declare".to_owned()),
        service: None,
        fault: None,
        about: None,
        source: None,
    });
    assert_eq!(unfulfilled(&both, &report), Vec::<String>::new());
}

#[test]
fn what_was_cut_short_is_never_as_expected() {
    let mut report = lost().report();
    report.complete = false;
    assert_eq!(
        unfulfilled(&because(&ALL, None, None), &report),
        ["The run did not come to its end."]
    );
}

fn path(run: &Run) -> Vec<String> {
    let path = critical_path(&run.scenario, &run.report());
    path.into_iter().map(|part| part.name).collect()
}

#[test]
fn the_critical_path_leads_from_detection_to_green() {
    let run = recovered();
    let path = critical_path(&run.scenario, &run.report());
    let names: Vec<&str> = path.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(
        names,
        ["detection", "declare", "assess", "restore", "verification"]
    );
    assert_eq!(path[0].start_s, FAULT as f64);
    assert_eq!(path.last().unwrap().end_s, BACK as f64);
    assert!(
        path.windows(2).all(|two| two[0].end_s <= two[1].start_s + 0.001),
        "{path:#?}"
    );
}

#[test]
fn of_branches_the_one_that_ended_last_lies_on_the_critical_path() {
    let yaml = SCENARIO.replace(
        "  - {id: assess, do: s3.audit, bucket: programs}",
        "  - {id: inform, do: human, takes: {p50: 4m, p95: 5m}, after: [declare]}\n  \
         - {id: brief, do: human, takes: {p50: 4m, p95: 5m}, after: [declare]}\n  \
         - {id: assess, do: s3.audit, bucket: programs, after: [declare, brief, inform]}",
    );
    let yaml = yaml.replace("damaged: assess,", "damaged: assess, after: [assess],");
    let mut run = recovered_under(&yaml);
    run.without_step("declare")
        .step("declare", 2280, 2880, 0)
        .step("inform", 2880, 3000, 0)
        .step("brief", 2880, 3180, 0);
    assert_eq!(
        path(&run),
        [
            "detection",
            "declare",
            "brief",
            "assess",
            "restore",
            "verification"
        ]
    );
    run.without_step("inform").step("inform", 2880, 3190, 0);
    assert_eq!(
        path(&run),
        [
            "detection",
            "declare",
            "inform",
            "assess",
            "restore",
            "verification"
        ]
    );
}

#[test]
fn without_a_recovery_the_path_leads_to_the_step_that_ended_last() {
    let names = path(&lost());
    assert_eq!(names, ["detection", "declare", "assess", "restore"]);
}
