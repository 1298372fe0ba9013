//! `firedrill ci`: suites of small drills, what is expected of them, and what a baseline says of them.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};
use test_harness::trial;

use crate::support::program::Ended;
use crate::support::{Sandbox, Scenario};

/// A drill of some seconds that passes, under a name of its own.
fn passing(name: &str) -> Scenario {
    Scenario::hello().with("name: hello\n", &format!("name: {name}\n"))
}

/// The same without its restore: it misses its targets, for which reason the scenario says.
fn failing(name: &str, because: &str) -> Scenario {
    let objectives = "objectives:\n  mtd: 2h\n";
    passing(name)
        .without("id: restore,")
        .with(objectives, &format!("give_up: 40m\n{because}{objectives}"))
}

const REASON: &str = "expect: {verdict: fail, because: {missed: [downloads rto, downloads rpo]}}\n";

fn put(sandbox: &Sandbox, name: &str, scenario: &Scenario) {
    sandbox.write(&format!("{name}.yaml"), scenario.text());
}

fn ci(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    let ended = sandbox.firedrill(["ci"].iter().chain(arguments)).output();
    sandbox.assert_no_process_left();
    ended
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

trial!(a_suite_is_as_expected_and_its_baseline_says_what_became_worse);
/// One suite of two scenarios, one of which is expected to fail, is drilled once; then its records are judged again, against its
/// own baseline and against others.
fn a_suite_is_as_expected_and_its_baseline_says_what_became_worse() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("suite")).expect("a folder");
    put(&sandbox, "suite/passes", &passing("passes"));
    put(&sandbox, "suite/fails", &failing("fails", REASON));
    let ended = ci(
        &sandbox,
        &[
            "suite",
            "--out",
            "out",
            "--jobs",
            "2",
            "--junit",
            "junit.xml",
            "--summary",
            "summary.md",
            "--baseline",
            "baseline.json",
            "--update-baseline",
        ],
    );
    ended.assert_code(0);
    assert!(
        ended.stdout.contains("fail, as expected (1 drill)"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("pass, as expected (1 drill)"),
        "{}",
        ended.stdout
    );
    // Which of them began and ended, with what.
    for said in ["passes: began", "passes: pass after", "fails: fail after"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    let junit = text(&sandbox, "junit.xml");
    assert_eq!(junit.matches("<testsuite ").count(), 2, "{junit}");
    assert!(
        !junit.contains("<failure") && !junit.contains("<error"),
        "{junit}"
    );
    assert!(text(&sandbox, "summary.md").starts_with("## ✅ Firedrill: 2 scenarios as expected"));
    for run in ["out/passes/1", "out/fails/1"] {
        assert!(
            text(&sandbox, &format!("{run}/output.log")).contains("step"),
            "{run}"
        );
    }
    recorded_drills_are_held_against_baselines(&sandbox);
    nothing_is_overwritten(&sandbox);
    a_copy_is_no_further_drill(&sandbox);
}

fn a_copy_is_no_further_drill(sandbox: &Sandbox) {
    let runs = sandbox.path().join("out/passes");
    fs::create_dir(runs.join("2")).expect("a folder");
    for file in fs::read_dir(runs.join("1")).expect("a run").flatten() {
        if file.path().is_file() {
            fs::copy(file.path(), runs.join("2").join(file.file_name())).expect("a copy");
        }
    }
    let refused = ci(sandbox, &["--recorded", "out"]);
    refused.assert_code(2);
    assert!(
        refused
            .stderr
            .contains("is a copy of out/passes/1, and no further drill"),
        "{}",
        refused.stderr
    );
}

fn recorded_drills_are_held_against_baselines(sandbox: &Sandbox) {
    let against = |baseline: &str| ci(sandbox, &["--recorded", "out", "--baseline", baseline]);
    let same = against("baseline.json");
    same.assert_code(0);
    assert!(
        same.stdout.contains("repeat at least"),
        "one repeat shows nothing: {}",
        same.stdout
    );
    // A baseline in which the restore made fewer calls.
    let mut baseline: Value = serde_json::from_str(&text(sandbox, "baseline.json")).expect("JSON");
    let steps = baseline["scenarios"]["passes"]["steps"]
        .as_array_mut()
        .expect("steps");
    let restore = steps
        .iter_mut()
        .find(|step| step["id"] == "restore")
        .expect("the step");
    assert!(restore["calls"]["least"].as_u64() > Some(20), "{restore}");
    assert!(
        restore["sequential_waits"]["least"].as_u64() > Some(0),
        "{restore}"
    );
    restore["calls"] = json!({"least": 7, "most": 7});
    sandbox.write("fewer.json", baseline.to_string());
    let worse = against("fewer.json");
    worse.assert_code(1);
    assert!(worse.stdout.contains("REGRESSION"), "{}", worse.stdout);
    assert!(
        worse.stdout.contains("step restore: API calls"),
        "{}",
        worse.stdout
    );
    a_run_is_compared_with_it(sandbox);
    // Files that are no baseline of this version are told with their line.
    baseline["schema"] = json!(9);
    let other = serde_json::to_string_pretty(&baseline).expect("JSON");
    sandbox.write("other.json", &other);
    let line = 1 + other[..other.find("\"schema\"").expect("it has one")]
        .matches('\n')
        .count();
    let refused = against("other.json");
    refused.assert_code(2);
    assert!(
        refused
            .stderr
            .contains(&format!("other.json:{line}:3: found a baseline of schema 9")),
        "{}",
        refused.stderr
    );
    sandbox.write("cut.json", "{\n  \"schema\": 1,\n  \"scenarios\": {");
    let refused = against("cut.json");
    refused.assert_code(2);
    assert!(refused.stderr.contains("cut.json:3:"), "{}", refused.stderr);
    let refused = against("absent.json");
    refused.assert_code(2);
    assert!(
        refused.stderr.contains("--update-baseline writes it"),
        "{}",
        refused.stderr
    );
}

/// `fewer.json` beside a run of it, both ways.
fn a_run_is_compared_with_it(sandbox: &Sandbox) {
    let compare = |arguments: &[&str]| sandbox.firedrill(["compare"].iter().chain(arguments)).output();
    let ended = compare(&["fewer.json", "out/passes/1", "--out", "beside.html"]);
    let said = &ended.assert_code(0).stdout;
    let calls = said
        .lines()
        .find(|line| line.trim_start().starts_with("calls ") && line.contains('+'));
    assert!(calls.is_some_and(|line| line.contains(" 7 ")), "{said}");
    assert!(said.contains("baseline of 1 drill"), "{said}");
    assert!(text(sandbox, "beside.html").contains("A run of passes and its baseline"));
    let found: Value = serde_json::from_str(
        &compare(&["out/passes/1", "fewer.json", "--json"])
            .assert_code(0)
            .stdout,
    )
    .expect("JSON");
    assert_eq!(
        found["unfair"],
        json!([]),
        "the same file, seed, program, machine and jobs"
    );
    let refused = compare(&["fewer.json", "baseline.json"]);
    assert!(
        refused
            .assert_code(2)
            .one_sentence()
            .contains("the folder of a run")
    );
    let only: Value = json!({"schema": 1, "scenarios": {}});
    sandbox.write("empty.json", only.to_string());
    let refused = compare(&["empty.json", "out/passes/1"]);
    assert!(
        refused
            .assert_code(2)
            .one_sentence()
            .contains("has nothing of passes")
    );
}

fn nothing_is_overwritten(sandbox: &Sandbox) {
    let before = text(sandbox, "junit.xml");
    let refused = ci(sandbox, &["--recorded", "out", "--junit", "junit.xml"]);
    refused.assert_code(2);
    assert!(
        refused.stderr.contains("--force overwrites it"),
        "{}",
        refused.stderr
    );
    assert_eq!(text(sandbox, "junit.xml"), before);
    ci(sandbox, &["--recorded", "out", "--junit", "junit.xml", "--force"]).assert_code(0);
    let refused = ci(sandbox, &["suite", "--out", "out"]);
    refused.assert_code(2);
    assert!(
        refused.stderr.contains("the runs of an earlier suite"),
        "{}",
        refused.stderr
    );
}

trial!(a_failure_for_another_reason_is_not_the_expected_one);
fn a_failure_for_another_reason_is_not_the_expected_one() {
    let sandbox = Sandbox::new();
    let other = "expect: {verdict: fail, because: {missed: [downloads rto]}}\n";
    put(&sandbox, "fails", &failing("fails", other));
    let ended = ci(&sandbox, &["fails.yaml", "--out", "out", "--junit", "junit.xml"]);
    ended.assert_code(1);
    let why = "downloads rpo is missed, which is not expected.";
    assert!(ended.stdout.contains(why), "{}", ended.stdout);
    assert!(text(&sandbox, "junit.xml").contains(why));
}

trial!(bad_scenarios_are_told_all_at_once_before_any_drill);
fn bad_scenarios_are_told_all_at_once_before_any_drill() {
    let sandbox = Sandbox::new();
    put(&sandbox, "one", &passing("same"));
    put(&sandbox, "two", &passing("same"));
    put(&sandbox, "any", &failing("any", "expect: {verdict: fail}\n"));
    let refused = ci(&sandbox, &["one.yaml", "two.yaml", "any.yaml", "--out", "out"]);
    refused.assert_code(2);
    for said in [
        "two.yaml: name: found \"same\"",
        "any.yaml:",
        "a verdict of fail without `because`",
    ] {
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    assert!(!sandbox.path().join("out").exists());
    let refused = ci(&sandbox, &["--recorded", "out"]);
    refused.assert_code(2);
    assert!(
        refused.stderr.contains("ci.json: cannot be read"),
        "{}",
        refused.stderr
    );
}

trial!(a_drill_without_a_report_is_broken_and_the_others_go_on);
/// The secret of one of them is not set, which its drill finds before it begins.
fn a_drill_without_a_report_is_broken_and_the_others_go_on() {
    let sandbox = Sandbox::new();
    let secret = passing("secret").with("objectives:\n", "secrets: [UNSET_TOKEN_OF_A_TEST]\nobjectives:\n");
    let secret = secret.with(
        "do: s3.restore_versions, damaged: assess}",
        "do: shell, run: \"true\"}",
    );
    put(&sandbox, "secret", &secret);
    put(&sandbox, "passes", &passing("passes"));
    let ended = ci(
        &sandbox,
        &[
            "secret.yaml",
            "passes.yaml",
            "--out",
            "out",
            "--junit",
            "junit.xml",
        ],
    );
    ended.assert_code(2);
    assert!(
        ended.stdout.contains("BROKEN") && ended.stdout.contains("pass, as expected"),
        "{}",
        ended.stdout
    );
    assert!(text(&sandbox, "junit.xml").contains("UNSET_TOKEN_OF_A_TEST"));
}

trial!(a_signal_is_passed_on_and_no_drill_survives_the_suite);
fn a_signal_is_passed_on_and_no_drill_survives_the_suite() {
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let sandbox = Sandbox::new();
        put(&sandbox, "one", &passing("one"));
        put(&sandbox, "two", &passing("two"));
        let arguments = [
            "ci", "one.yaml", "two.yaml", "--jobs", "2", "--repeat", "3", "--out", "out",
        ];
        let mut running = sandbox.firedrill(arguments).start();
        let journal = |name: &str| {
            sandbox
                .path()
                .join(format!("out/{name}/1/journal.jsonl"))
                .exists()
        };
        running.until("both drills run", |_| {
            (journal("one") && journal("two")).then_some(())
        });
        running.signal(signal);
        let ended = running.wait();
        if let Some(code) = code {
            ended.assert_code(code);
            assert!(
                ended.stdout.contains("BROKEN"),
                "the others never began: {}",
                ended.stdout
            );
        }
        sandbox.assert_no_process_left();
    }
}
