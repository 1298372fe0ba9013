//! One drill and suites as JUnit, against what the public schemas and CI readers ask for.

use std::collections::BTreeSet;

use drill::report::{Objective, ObjectiveVerdict, Verdict};
use roxmltree::{Document, Node};

use super::*;
use crate::fixtures;
use crate::suite::tests::{as_it_is, broken, drilled};

#[test]
fn a_pass_is_green_and_stamped_by_the_report() {
    insta::assert_snapshot!(render(&fixtures::passing()));
}

#[test]
fn misses_and_open_objectives_are_told_apart() {
    insta::assert_snapshot!(render(&fixtures::as_written()));
}

fn is_red(document: &Document<'_>) -> bool {
    document
        .descendants()
        .any(|n| n.has_tag_name("failure") || n.has_tag_name("error"))
}

#[test]
fn only_a_pass_is_all_green() {
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
        let pass = judged.report.verdict == Verdict::Pass && judged.report.complete;
        assert_eq!(is_red(&Document::parse(&xml).unwrap()), !pass, "{name}");
    }
}

#[test]
fn a_drill_that_fails_as_expected_is_all_green_and_one_that_does_not_is_red() {
    for (name, judged) in fixtures::all() {
        // One fixture names a service twice, which no scenario can.
        let keys: BTreeSet<String> = judged.report.objectives.iter().map(Objective::key).collect();
        if !judged.report.complete || keys.len() < judged.report.objectives.len() {
            continue;
        }
        let expectation = as_it_is(&judged);
        let xml = of_suite(&[drilled(&[judged.clone(), judged.clone()], expectation.clone())]);
        assert!(!is_red(&Document::parse(&xml).unwrap()), "{name}: {xml}");
        // One more objective is missed than expected.
        let mut worse = judged.clone();
        let met = |o: &&mut Objective| o.verdict == ObjectiveVerdict::Pass;
        let Some(objective) = worse.report.objectives.iter_mut().find(met) else {
            continue;
        };
        objective.verdict = ObjectiveVerdict::Fail;
        let xml = of_suite(&[drilled(&[judged.clone(), worse], expectation)]);
        assert!(is_red(&Document::parse(&xml).unwrap()), "{name}");
        assert!(xml.contains("in 1 of 2 drills"), "{xml}");
    }
}

#[test]
fn there_is_a_case_for_each_objective_window_and_data_set() {
    let judged = fixtures::busy();
    let xml = render(&judged);
    let document = Document::parse(&xml).unwrap();
    let cases = document.descendants().filter(|n| n.has_tag_name("testcase"));
    let found: Vec<String> = cases.map(|n| n.attribute("name").unwrap().to_owned()).collect();
    let report = &judged.report;
    let mut expected = vec!["drill".to_owned()];
    expected.extend(report.objectives.iter().map(Objective::key));
    let windows = report.steps.iter().filter(|step| step.within_s.is_some());
    expected.extend(windows.map(|step| format!("step {} window", step.id)));
    expected.extend(report.data.iter().map(|data| format!("data {}", data.name)));
    assert_eq!(found, expected);
    assert!(found.len() > report.objectives.len() + 1);
}

#[test]
fn a_failure_says_what_was_found_of_its_service() {
    let mut judged = fixtures::as_written();
    let failed = |o: &&Objective| o.verdict == ObjectiveVerdict::Fail;
    let first = judged.report.objectives.iter().find(failed).unwrap().clone();
    let finding = |service: &str, text: &str| drill::report::Finding {
        severity: drill::report::Severity::Critical,
        kind: String::new(),
        text: text.to_owned(),
        step: None,
        service: Some(service.to_owned()),
        fault: None,
        about: None,
        source: None,
    };
    judged.report.findings = vec![
        finding(&first.service, "The bucket was gone."),
        finding("another", "All is well."),
    ];
    judged.report.reasons = vec!["It took too long.".to_owned()];
    let below = |judged: &Judged| {
        let xml = render(judged);
        let document = Document::parse(&xml).unwrap();
        let case = document
            .descendants()
            .find(|n| n.attribute("name") == Some(first.key().as_str()) && n.has_tag_name("testcase"))
            .unwrap();
        let failure = case.children().find(|n| n.has_tag_name("failure")).unwrap();
        failure.text().unwrap_or_default().to_owned()
    };
    assert_eq!(below(&judged), "The bucket was gone.");
    judged.report.findings.clear();
    assert_eq!(below(&judged), "It took too long.");
}

#[test]
fn hostile_text_stays_text() {
    let xml = render(&fixtures::hostile());
    assert!(Document::parse(&xml).is_ok());
    assert!(!xml.contains("<script") && !xml.contains('\u{1b}'));
}

#[test]
fn a_drill_without_a_report_is_an_error() {
    let mut one = drilled(&[fixtures::passing()], drill::expectation::PASS);
    one.drills.push(broken());
    let xml = of_suite(&[one]);
    let document = Document::parse(&xml).unwrap();
    let error = document.descendants().find(|n| n.has_tag_name("error")).unwrap();
    assert_eq!(error.attribute("type"), Some("no_report"));
    assert_eq!(
        error.attribute("message"),
        Some("in 1 of 2 drills: it came to no report: it ended with exit code 4")
    );
    assert!(error.text().unwrap().contains("address in use"));
}

/// What CI readers add up, of every fixture.
#[test]
fn counts_and_times_are_the_sums_of_the_cases() {
    let mut suites: Vec<Drilled> = fixtures::all()
        .iter()
        .map(|(_, judged)| {
            drilled(
                &[judged.clone(), judged.clone(), judged.clone()],
                as_it_is(judged),
            )
        })
        .collect();
    suites[0].drills.push(broken());
    let xml = of_suite(&suites);
    let document = Document::parse(&xml).unwrap();
    let found: Vec<Node<'_, '_>> = document
        .descendants()
        .filter(|n| n.has_tag_name("testsuite"))
        .collect();
    assert_eq!(found.len(), suites.len());
    for (suite, drilled) in found.into_iter().zip(&suites) {
        let cases: Vec<Node<'_, '_>> = suite.children().filter(|n| n.has_tag_name("testcase")).collect();
        let seconds = |n: &Node<'_, '_>| n.attribute("time").unwrap().parse::<f64>().unwrap();
        let sum: f64 = cases.iter().map(seconds).sum();
        assert!(
            (seconds(&suite) - sum).abs() < 0.001,
            "{} and {sum}",
            seconds(&suite)
        );
        let wall: f64 = drilled.drills.iter().map(|drill| drill.wall_s).sum();
        assert!(
            (seconds(&suite) - wall).abs() < 0.001,
            "no drill seconds are among them"
        );
        let with = |tag: &str| {
            let has = |n: &&Node<'_, '_>| n.children().any(|n| n.has_tag_name(tag));
            cases.iter().filter(has).count()
        };
        let count = |name: &str| suite.attribute(name).unwrap().parse::<usize>().unwrap();
        assert_eq!(count("tests"), cases.len());
        assert_eq!(count("failures"), with("failure"));
        assert_eq!(count("errors"), with("error"));
        assert_eq!(count("skipped"), with("skipped"));
    }
}

/// What the schemas of Jenkins' xUnit plugin and of Apache Ant both allow, said in our own words.
#[test]
fn every_document_has_the_form_on_which_the_public_schemas_agree() {
    for (name, judged) in fixtures::all() {
        let suites = [
            drilled(std::slice::from_ref(&judged), drill::expectation::PASS),
            drilled(&[judged.clone(), judged.clone()], as_it_is(&judged)),
        ];
        for xml in [render(&judged), of_suite(&suites), of_suite(&[])] {
            let document = Document::parse(&xml).unwrap();
            let root = document.root_element();
            assert_eq!(root.tag_name().name(), "testsuites", "{name}");
            assert_eq!(root.attributes().count(), 0, "{name}");
            root.children()
                .filter(Node::is_element)
                .for_each(|suite| is_suite(suite, name));
        }
    }
}

fn has_attributes(node: Node<'_, '_>, wanted: &[&str]) {
    let mut found: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
    let mut wanted = wanted.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{:?}", node.tag_name());
}

fn is_suite(suite: Node<'_, '_>, name: &str) {
    has_attributes(
        suite,
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "skipped",
            "time",
            "timestamp",
            "hostname",
            "id",
            "package",
        ],
    );
    let stamp = suite.attribute("timestamp").unwrap();
    assert!(stamp.len() == 19 && !stamp.ends_with('Z'), "{stamp}");
    let children: Vec<&str> = suite
        .children()
        .filter(Node::is_element)
        .map(|n| n.tag_name().name())
        .collect();
    let (first, rest) = children.split_first().unwrap();
    let (cases, last) = rest.split_at(rest.len() - 2);
    assert_eq!(
        (*first, last),
        ("properties", &["system-out", "system-err"][..]),
        "{name}"
    );
    assert!(cases.iter().all(|tag| *tag == "testcase"), "{children:?}");
    for node in suite.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "property" => {
                has_attributes(node, &["name", "value"]);
                let name = node.attribute("name").unwrap();
                assert!(!name.is_empty() && name.trim() == name, "{name:?}");
            }
            "testcase" => {
                has_attributes(node, &["name", "classname", "time"]);
                assert!(node.children().filter(Node::is_element).count() <= 1);
            }
            "failure" | "error" | "skipped" => has_attributes(node, &["message", "type"]),
            "testsuite" | "properties" | "system-out" | "system-err" => {}
            other => panic!("{other} is in no schema"),
        }
    }
}
