//! The details of a drill: people, the plan and what changed in it, earlier drills, what is said after the drill.

use std::fs;
use std::path::Path;

use serde_json::Value;
use test_harness::trial;

use crate::support::{Sandbox, Scenario};

const PLAN: &str = "# Recovery of the system\n\nStep 1: declare.\nStep 2: restore.\nStep 3: verify.\n";
const DETAILS: &str = "version: 1
plan:
  file: plan.md
  version: '2'
  scenarios:
    - {id: '1', title: Buckets are deleted, drilled_by: NAME}
    - {id: '2', title: Ransomware}
participants:
  - {name: Ada Lovelace, role: incident commander}
prepared_by: {name: Grace Hopper, role: resilience manager}
scope: The buckets of the system.
";

trial!(a_quarterly_drill_keeps_its_plan_its_people_and_the_last_drill);
fn a_quarterly_drill_keeps_its_plan_its_people_and_the_last_drill() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss());
    let at = |name: &str| sandbox.path().join(name);
    fs::write(at("plan.md"), PLAN).expect("a file");

    // What is wrong is told at once, with its lines, and no drill is begun.
    fs::write(
        at("drill.yaml"),
        "version: 1\nplan: {file: none.md}\npeople: []\nscope: 7\n",
    )
    .expect("a file");
    let refused = sandbox
        .firedrill(["run", "scenario.yaml", "--details", "drill.yaml"])
        .output();
    refused.assert_code(2);
    assert!(
        refused
            .stderr
            .contains("drill.yaml:3:1: people: found an unknown key"),
        "{}",
        refused.stderr
    );
    let refused = sandbox
        .firedrill(["run", "scenario.yaml", "--plan", "none.md"])
        .output();
    refused.assert_code(2);
    assert!(
        refused.stderr.contains("--plan: none.md: cannot be read"),
        "{}",
        refused.stderr
    );
    assert!(!at("runs").exists());

    let first = sandbox.firedrill([
        "run",
        "scenario.yaml",
        "--plan",
        "plan.md",
        "--plan-version",
        "1",
        "--participant",
        "Ada Lovelace: incident commander",
    ]);
    let first = first.output();
    first.assert_code(0);
    assert!(
        first
            .stderr
            .contains("drill.yaml is not read; --details drill.yaml"),
        "{}",
        first.stderr
    );
    let scenario = only_folder(&at("runs"), &[]);
    let of_scenario = at("runs").join(&scenario);
    let first = only_folder(&of_scenario, &[]);
    let report = json(&of_scenario.join(&first).join("report.json"));
    assert_eq!(report["details"]["plan"]["title"], "Recovery of the system");
    assert!(report["details"]["plan"].get("change").is_none());

    fs::write(
        at("plan.md"),
        PLAN.replace("Step 2: restore.", "Step 2: restore the versions."),
    )
    .expect("a file");
    fs::write(at("drill.yaml"), DETAILS.replace("NAME", &scenario)).expect("a file");
    let second = sandbox
        .firedrill(["run", "scenario.yaml", "--details", "drill.yaml"])
        .output();
    second.assert_code(0);
    let second = only_folder(&of_scenario, &[&first]);
    let folder = of_scenario.join(&second);
    compared(&folder, &format!("{scenario}/{first}"));
    approved_afterwards(&sandbox, &folder);
    changes_are_found(&sandbox, &folder);
}

/// The second drill knows the first one, and what changed in the plan.
fn compared(folder: &Path, first: &str) {
    let details = &json(&folder.join("report.json"))["details"];
    assert_eq!(details["earlier"][0]["run"], first);
    assert!(
        details["earlier"][0]["figures"][0]["actual_s"].as_f64().is_some(),
        "{details}"
    );
    let change = &details["plan"]["change"];
    assert_eq!(change["lines"], serde_json::json!([1, 1]));
    assert_eq!(change["hunks"][0]["lines"][1]["text"], "Step 2: restore.");
    let page = fs::read_to_string(folder.join("report.html")).expect("a page");
    for part in [
        "Ada Lovelace",
        "Recovery of the system, version 2",
        "1 line added, 1 removed",
        "Ransomware",
        "Grace Hopper",
    ] {
        assert!(page.contains(part), "{part} is not on the page");
    }
}

/// An approval after the drill is kept, and marked.
fn approved_afterwards(sandbox: &Sandbox, folder: &Path) {
    let report = |arguments: &[&str]| {
        let run = folder.to_str().expect("a path");
        let all = ["report", run].into_iter().chain(arguments.iter().copied());
        sandbox.firedrill(all).output()
    };
    let bytes = || ["report.json", "report.html"].map(|file| fs::read(folder.join(file)).expect("a file"));
    let before = bytes();
    report(&[]).assert_code(0);
    assert_eq!(bytes(), before, "the same bytes again");
    let approved = report(&["--approved-by", "Mary Shaw: head of operations"]);
    approved.assert_code(0);
    assert!(
        approved.stderr.contains("additions.json; the report says when"),
        "{}",
        approved.stderr
    );
    let after = bytes();
    let approver = &json(&folder.join("report.json"))["details"]["approved_by"][0];
    assert_eq!(approver["name"], "Mary Shaw");
    assert!(approver["added_at"].as_str().is_some(), "{approver}");
    report(&[]).assert_code(0);
    assert_eq!(bytes(), after, "the same bytes again");
    report(&["--approved-by", "Mary Shaw: head of operations"]).assert_code(0);
    assert_eq!(bytes(), after, "said twice is said once");

    fs::write(sandbox.path().join("other.md"), "# Another plan\n").expect("a file");
    let refused = report(&["--plan", "other.md"]);
    refused.assert_code(2);
    assert!(
        refused
            .stderr
            .contains("the plan of this drill is on record already"),
        "{}",
        refused.stderr
    );
    let refused = report(&["--approved-by", "Mary Shaw"]);
    refused.assert_code(2);
    assert!(
        refused.stderr.contains("is not written as \"NAME: ROLE\""),
        "{}",
        refused.stderr
    );
}

/// Details and plan that were changed after the drill are refused.
fn changes_are_found(sandbox: &Sandbox, folder: &Path) {
    let told = |file: &str, change: &dyn Fn(&Path), words: &str| {
        let path = folder.join(file);
        let kept = fs::read(&path).expect("a file");
        change(&path);
        let refused = sandbox
            .firedrill(["report", folder.to_str().expect("a path")])
            .output();
        refused.assert_code(2);
        assert!(refused.stderr.contains(words), "{file}: {}", refused.stderr);
        fs::write(&path, kept).expect("a file");
    };
    let append = |path: &Path| {
        let text = fs::read(path).expect("a file");
        fs::write(path, [text, b" ".to_vec()].concat()).expect("a file");
    };
    let remove = |path: &Path| fs::remove_file(path).expect("a file");
    told(
        "details.json",
        &append,
        "details.json: is not what the drill began with: it was changed since",
    );
    told(
        "details.json",
        &remove,
        "details.json: is not there, and the journal names it",
    );
    told(
        "recovery-plan",
        &append,
        "recovery-plan: is not the plan that was drilled: it was changed since",
    );
    told(
        "recovery-plan",
        &remove,
        "recovery-plan: is not there, and details.json names its hash",
    );
    told(
        "additions.json",
        &|path: &Path| fs::write(path, "{\n  \"schema\": }").expect("a file"),
        "additions.json:2:13: ",
    );
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON")
}

/// The name of the only folder in a folder, but for those that are known.
fn only_folder(folder: &Path, known: &[&str]) -> String {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !known.contains(&name.as_str())).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    names.remove(0)
}
