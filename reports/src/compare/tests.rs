use std::collections::BTreeMap;

use baseline::{Machine, Range, Recorded, StepFigures};
use drill::plan::{Plan, PlannedFault, PlannedStep};
use drill::report::{Finding, Report, Step};
use drill::scenario::Durations;
use drill::units::Span;
use serde_json::json;

use super::*;
use crate::fixtures::{self, HOSTILE};
use crate::html::tests::seen;

const TEXT: &str = "version: 1\nname: x\nrto: 1h\nrpo: 15m\n";

fn plan(takes: i64, targets: &[&str]) -> Plan {
    Plan {
        seed: 1,
        steps: vec![PlannedStep {
            id: "restore".to_owned(),
            takes: Span::from_secs(takes),
        }],
        buckets: Vec::new(),
        writers: Vec::new(),
        faults: vec![PlannedFault {
            id: "loss".to_owned(),
            at: None,
            until: None,
            targets: Some(targets.iter().map(|key| (*key).to_owned()).collect()),
        }],
        devices: Vec::new(),
    }
}

/// A run whose steps come one after the other, up to the one that closed its incident.
fn side<'a>(name: &str, report: &'a Report, scenario: &'a str, plan: &'a Plan) -> Side<'a> {
    let closed = report
        .incidents
        .iter()
        .find_map(|incident| incident.step.as_ref());
    let steps = report.steps.iter().map(|step| step.id.clone());
    let count = closed.and_then(|closed| report.steps.iter().position(|step| step.id == *closed));
    let critical_path = steps.take(count.map_or(usize::MAX, |at| at + 1)).collect();
    Side {
        name: name.to_owned(),
        report,
        scenario,
        critical_path,
        plan,
        tool: Some("0.1.0".to_owned()),
        machine: Some(Machine {
            cpu: "Example 9000".to_owned(),
            cores: 2,
        }),
    }
}

fn compared(a: &Report, b: &Report) -> Comparison {
    let plan = plan(600, &["one", "two"]);
    compare(
        &side("runs/a/latest", a, TEXT, &plan),
        &side("runs/b/latest", b, TEXT, &plan),
    )
}

/// A warning about step restore.
fn finding(text: &str) -> Finding {
    let finding = json!({"severity": "warning", "text": text, "step": "restore"});
    serde_json::from_value(finding).expect("it is a finding")
}

/// The passing fixture with a slower restore, another seed, and one finding more.
fn slower() -> (Report, Report) {
    let a = fixtures::passing().report;
    let mut b = a.clone();
    b.seed = 7;
    let step = b
        .steps
        .iter_mut()
        .find(|step| step.id == "restore")
        .expect("it has one");
    step.measured_s += 20.0;
    step.calls += 120;
    step.end_s = step.end_s.map(|end| end + 20.0);
    b.objectives[0].actual_s = b.objectives[0].actual_s.map(|actual| actual + 20.0);
    b.findings
        .push(finding("Step restore made 120 calls more than it has objects."));
    (a, b)
}

#[test]
fn a_run_differs_from_itself_in_nothing() {
    for (name, judged) in fixtures::all() {
        let same = compared(&judged.report, &judged.report);
        assert!(
            same.findings.came.is_empty() && same.findings.went.is_empty(),
            "{name}"
        );
        assert_eq!(same.findings.stayed.len(), judged.report.findings.len(), "{name}");
        assert!(same.scenario_diff.is_none() && same.draws.is_empty(), "{name}");
        let tables = tables::steps(&same).into_iter().chain(tables::data(&same));
        for table in tables.chain([tables::objectives(&same)]) {
            for row in &table.rows {
                assert_eq!(row.change, "", "{name}: {} {}", table.heading, row.name);
            }
        }
    }
}

#[test]
fn differences_are_named_and_not_called_regressions() {
    let (a, b) = slower();
    let comparison = compared(&a, &b);
    assert_eq!(comparison.unfair.len(), 1, "{:?}", comparison.unfair);
    assert!(
        comparison.unfair[0].contains("different seeds, "),
        "{:?}",
        comparison.unfair
    );
    assert_eq!(comparison.findings.came.len(), 1);
    assert!(comparison.findings.went.is_empty());
    let steps = tables::steps(&comparison);
    let changed: Vec<&str> = steps
        .iter()
        .filter(|table| table.rows.iter().any(|row| !row.change.is_empty()))
        .map(|table| table.heading.as_str())
        .collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(changed[0].starts_with("Step restore "), "{changed:?}");
    let text = terminal(&comparison, 100);
    assert!(text.contains("+ 20s (+ ") && text.contains("+ 120 (+ "), "{text}");
    let claims = text.matches("regression").count();
    assert_eq!(claims, 1, "the method alone speaks of it: {text}");
}

#[test]
fn findings_are_the_same_whatever_their_figures() {
    let plain = findings::without_figures;
    assert_eq!(
        plain("29 corrupted objects of programs, 1h 23m 15s late (objects/000012)."),
        plain("7 corrupted objects of programs, 45m late (objects/000700).")
    );
    assert_ne!(plain("29 corrupted objects"), plain("29 lost objects"));
    assert_eq!(
        plain("a recovery point of 7d 20h 51m ± 1.7s (dated)"),
        "a recovery point of # ± # (dated)"
    );
}

#[test]
fn unfairness_is_stated_first() {
    let a = fixtures::passing().report;
    let mut b = fixtures::as_written().report;
    b.cloud = "localstack".to_owned();
    b.durations = Durations::P50;
    b.speed = 60.0;
    b.speed_is_auto = false;
    b.clock.lag_ms_p99 = 10.0 * a.clock.lag_ms_p99.max(1.0);
    let (plan_a, plan_b) = (plan(600, &["one", "two"]), plan(900, &["one", "three"]));
    let changed = TEXT.replace("rto: 1h", "rto: 2h");
    let mut other = side("b", &b, &changed, &plan_b);
    other.tool = None;
    other.machine.as_mut().expect("it has one").cores = 8;
    let comparison = compare(&side("a", &a, TEXT, &plan_a), &other);
    for part in [
        "different clouds",
        "durations",
        "speed",
        "versions of Firedrill",
        "busier one",
        "2 cores of Example 9000 and 8 cores",
    ] {
        let said = comparison.unfair.iter().any(|sentence| sentence.contains(part));
        assert!(said, "{part}: {:#?}", comparison.unfair);
    }
    let diff = comparison.scenario_diff.as_deref().expect("it was changed");
    assert!(diff.contains("-rto: 1h\n+rto: 2h\n"), "{diff}");
    let drawn: Vec<&str> = comparison.draws.iter().map(|drawn| drawn.what.as_str()).collect();
    assert_eq!(drawn, ["modelled time of step restore", "targets of fault loss"]);
    assert_eq!(comparison.draws[1].b, "2 objects, 1 of them the same");
    let page = html(&comparison);
    let (fair, objectives) = (page.find("Before you compare"), page.find("id=\"objectives\""));
    assert!(fair.is_some() && fair < objectives);
}

#[test]
fn different_scenarios_are_matched_by_names_and_the_rest_is_listed() {
    let comparison = compared(&fixtures::passing().report, &fixtures::region_failure().report);
    assert!(
        comparison.unfair[0].contains("different scenarios"),
        "{:?}",
        comparison.unfair
    );
    let only = |pair: &Pair<Step>| pair.a.is_none() || pair.b.is_none();
    assert!(comparison.steps.iter().any(only));
    let text = terminal(&comparison, 100);
    assert!(text.contains("In A only") && text.contains("In B only"), "{text}");
}

#[test]
fn terminal_and_json_are_as_they_were() {
    let (a, b) = slower();
    let comparison = compared(&a, &b);
    insta::assert_snapshot!("compare-terminal", terminal(&comparison, 100));
    let json = json(&comparison);
    let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(value["schema"], 1);
    assert_eq!(value["steps"][0]["a"]["id"], a.steps[0].id.as_str());
    assert_eq!(value["b"]["seed"], 7);
}

/// What a baseline has of a scenario of one step.
fn kept(waits: Range<u64>, measured_s: &[f64]) -> Recorded {
    let seconds = |least, most| Range { least, most };
    let none = Range { least: 0, most: 0 };
    Recorded {
        sha256: "ab".repeat(32),
        seed: 1,
        cloud: "embedded".to_owned(),
        tool: "0.1.0".to_owned(),
        machine: Machine {
            cpu: "Example 9000".to_owned(),
            cores: 2,
        },
        jobs: 1,
        repeats: measured_s.len() as u32,
        detection_s: Some(seconds(120.0, 121.0)),
        verification_s: None,
        steps: vec![StepFigures {
            id: "restore".to_owned(),
            done: measured_s.len() as u32,
            calls: Range {
                least: 137,
                most: 137,
            },
            bytes: Range {
                least: 1 << 20,
                most: 1 << 20,
            },
            retries: none,
            sequential_waits: waits,
            modelled_s: seconds(0.0, 0.0),
            measured_s: measured_s.to_vec(),
        }],
        unfinished: Vec::new(),
        objectives: BTreeMap::new(),
        without_figure: Vec::new(),
        losses: BTreeMap::new(),
        critical_paths: vec![vec!["detection".to_owned(), "restore".to_owned()]],
        critical_path_s: None,
    }
}

#[test]
fn a_run_beside_its_baseline_shows_what_lies_beyond_it() {
    let before = kept(Range { least: 36, most: 37 }, &[2.0, 2.5, 3.0]);
    let mut now = kept(Range { least: 47, most: 47 }, &[2.75]);
    now.machine.cores = 8;
    let report = fixtures::passing().report;
    let (file, run) = (
        Figures {
            name: "baseline.json",
            figures: &before,
            report: None,
            durations: None,
        },
        Figures {
            name: "runs/orders/latest",
            figures: &now,
            report: Some(&report),
            durations: Some(report.durations),
        },
    );
    let there = with_baseline("orders", &file, &run);
    insta::assert_snapshot!("compare-baseline-terminal", there.terminal(100));
    let back = with_baseline("orders", &run, &file);
    assert!(
        back.terminal(100).contains("− 10 (− 21 %)"),
        "{}",
        back.terminal(100)
    );
    let json: serde_json::Value = serde_json::from_str(&there.json()).expect("it is JSON");
    assert_eq!(json["a"]["verdict"], serde_json::Value::Null);
    assert_eq!(json["b"]["figures"]["steps"][0]["sequential_waits"]["least"], 47);
    let page = there.html();
    assert!(
        page.contains("id=\"objectives\"") && !page.contains("id=\"findings\""),
        "{page}"
    );
}

#[test]
fn a_page_shows_everything_and_loads_nothing() {
    for (name, a) in fixtures::all() {
        for (other, b) in fixtures::all() {
            let comparison = compared(&a.report, &b.report);
            let page = html(&comparison);
            for needle in [
                "http:", "https:", "src=", "<script", "<link", "\u{1b}", "\u{202e}", "NaN",
            ] {
                assert!(!page.contains(needle), "{name} and {other} contain {needle}");
            }
            if name == "hostile" || other == "hostile" {
                continue;
            }
            let text = seen(&page);
            for objective in &comparison.objectives {
                assert!(
                    text.contains(&objective.name),
                    "{name} and {other}: {}",
                    objective.name
                );
            }
            for finding in comparison.findings.came.iter().chain(&comparison.findings.went) {
                assert!(
                    text.contains(&finding.text),
                    "{name} and {other}: {}",
                    finding.text
                );
            }
            for sentence in &comparison.unfair {
                assert!(text.contains(sentence.as_str()), "{name} and {other}: {sentence}");
            }
        }
    }
    let plan = plan(1, &[]);
    let report = fixtures::hostile().report;
    let hostile = format!("{TEXT}{HOSTILE}\n");
    let page = html(&compare(
        &side(HOSTILE, &report, TEXT, &plan),
        &side("b", &report, &hostile, &plan),
    ));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(
        !terminal(
            &compare(
                &side("a", &report, TEXT, &plan),
                &side("b", &report, &hostile, &plan)
            ),
            80
        )
        .contains('\u{1b}')
    );
}
