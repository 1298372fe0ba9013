//! What is kept of drills beyond one run: `history` and its index, `findings` and its register.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use test_harness::trial;

use crate::support::{Sandbox, Scenario};

trial!(history_and_findings_over_the_drills_of_a_project);
fn history_and_findings_over_the_drills_of_a_project() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss());
    fs::create_dir(sandbox.path().join("elsewhere")).expect("a folder");
    let run = sandbox
        .firedrill(["run", "scenario.yaml", "--runs", "elsewhere/drills"])
        .output();
    run.assert_code(0);
    let runs = sandbox.path().join("elsewhere/drills");
    let scenario = only_folder(&runs);
    let first = only_folder(&runs.join(&scenario));
    assert!(runs.join(&scenario).join("latest").is_symlink());

    // A later drill with a finding, and one without it: copies of the first, since what is asked for here is what
    // follows from reports.
    let later = |name: &str, started: &str, findings: Value| {
        let folder = runs.join(&scenario).join(name);
        copy(&runs.join(&scenario).join(&first), &folder);
        let mut report: Value =
            serde_json::from_slice(&fs::read(folder.join("report.json")).expect("a report")).expect("JSON");
        report["started_at"] = started.into();
        report["findings"] = findings;
        fs::write(folder.join("report.json"), report.to_string()).expect("a report");
    };
    let step = {
        let report: Value = serde_json::from_slice(
            &fs::read(runs.join(&scenario).join(&first).join("report.json")).expect("a report"),
        )
        .expect("JSON");
        report["steps"][0]["id"].as_str().expect("a step").to_owned()
    };
    let found = serde_json::json!([{"severity": "critical", "kind": "step_failed", "text": "It failed after 3m.", "step": step}]);
    later("2098", "2098-01-01T00:00:00Z", found.clone());
    history(&sandbox, &runs, &scenario, &first);
    findings(&sandbox, &scenario, &step);
    later("2099", "2099-01-01T00:00:00Z", Value::Array(vec![]));
    retested(&sandbox, &scenario, &step);
    later("2100", "2100-01-01T00:00:00Z", found);
    let listed = findings_of(&sandbox, &["--all", "--json"]);
    assert_eq!(one(&listed, &step)["state"], "reopened");
}

/// The name of the only folder in a folder.
fn only_folder(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names: Vec<String> = folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    names.into_iter().next().expect("one")
}

fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
    }
}

fn history(sandbox: &Sandbox, runs: &Path, scenario: &str, first: &str) {
    let listed = |arguments: &[&str]| {
        let all = ["history", "--json"].iter().chain(arguments);
        let ended = sandbox
            .firedrill(all)
            .env("FIREDRILL_RUNS", "elsewhere/drills")
            .output();
        ended.assert_code(0);
        let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        (document["runs"].as_array().expect("a list").clone(), ended.stderr)
    };
    // The link `latest` is no further run; the newest comes last.
    let (rows, said) = listed(&[]);
    assert_eq!(said, "");
    let names: Vec<&str> = rows.iter().filter_map(|row| row["run"].as_str()).collect();
    assert_eq!(names, [format!("{scenario}/{first}"), format!("{scenario}/2098")]);
    assert_eq!(rows[0]["verdict"], "pass");
    assert!(rows[0]["objectives"][0]["target_s"].as_f64().is_some());

    // What is broken is named and left out; of what was moved away its line is left.
    let index = runs.join("history.jsonl");
    assert_eq!(fs::read_to_string(&index).expect("the index").lines().count(), 1);
    fs::write(
        &index,
        [fs::read(&index).expect("the index"), b"{\"v\": 1,\n".to_vec()].concat(),
    )
    .expect("a file");
    fs::create_dir_all(runs.join("broken/run")).expect("a folder");
    fs::write(runs.join("broken/run/report.json"), "{\n  \"schema\": }").expect("a file");
    fs::create_dir_all(runs.join("broken/killed")).expect("a folder");
    fs::write(runs.join("broken/killed/journal.jsonl"), "").expect("a file");
    let place = runs.join(scenario).join(first);
    fs::rename(&place, sandbox.path().join("moved")).expect("it can be moved");
    let (rows, said) = listed(&[scenario]);
    assert_eq!(
        rows.iter().map(|row| &row["folder_is_here"]).collect::<Vec<_>>(),
        [false, true]
    );
    for words in [
        "history.jsonl:2: cannot be read",
        "broken/run/report.json:2:",
        "broken/killed/report.json: is not there",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    let table = sandbox
        .firedrill(["history", "--runs", "elsewhere/drills"])
        .output();
    assert!(
        table.assert_code(0).stdout.contains("folder not here"),
        "{}",
        table.stdout
    );
    fs::rename(sandbox.path().join("moved"), place).expect("it can be moved");
    fs::remove_dir_all(runs.join("broken")).expect("it is there");
    let index_again = fs::read_to_string(&index).expect("the index");
    fs::write(
        &index,
        index_again.lines().next().expect("a line").to_owned() + "\n",
    )
    .expect("a file");

    let unknown = sandbox
        .firedrill(["history", "nosuch", "--runs", "elsewhere/drills"])
        .output();
    assert!(unknown.assert_code(2).one_sentence().contains(scenario));
}

fn findings_of(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let all = ["findings", "--runs", "elsewhere/drills"].iter().chain(arguments);
    let ended = sandbox.firedrill(all).output();
    ended.assert_code(0);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    document["findings"].as_array().expect("a list").clone()
}

fn one<'a>(listed: &'a [Value], step: &str) -> &'a Value {
    let found = listed.iter().find(|one| {
        one["step"] == step && one["key"].as_str().is_some_and(|key| key.contains("step_failed"))
    });
    found.unwrap_or_else(|| panic!("no finding of {step} in {listed:#?}"))
}

fn findings(sandbox: &Sandbox, scenario: &str, step: &str) {
    let listed = findings_of(sandbox, &["--json"]);
    let new = one(&listed, step);
    assert_eq!(new["state"], "new");
    assert_eq!(new["key"], format!("{scenario}/step_failed/step={step}"));
    assert!(!sandbox.path().join("findings.yaml").exists());

    // Added once, edited by hand, and left alone thereafter.
    let listed = findings_of(sandbox, &["--json", "--update"]);
    let id = one(&listed, step)["id"].as_str().expect("an id").to_owned();
    let file = sandbox.path().join("findings.yaml");
    let text = fs::read_to_string(&file).expect("the register");
    let edited = text.replace("    status: open\n", "    status: open # for now\n") + "# ours\n";
    fs::write(&file, &edited).expect("a file");
    findings_of(sandbox, &["--json", "--update"]);
    assert_eq!(fs::read_to_string(&file).expect("the register"), edited);

    let changed = sandbox
        .firedrill(["findings", "assign", &id, "--owner", "Kim", "--due", "2020-02-29"])
        .output();
    changed.assert_code(0);
    let listed = findings_of(sandbox, &["--json"]);
    assert_eq!(
        (&one(&listed, step)["owner"], &one(&listed, step)["overdue"]),
        (&"Kim".into(), &true.into())
    );
    let shown = sandbox
        .firedrill(["findings", "--runs", "elsewhere/drills"])
        .output();
    assert!(
        shown.assert_code(0).stdout.contains("due 2020-02-29, OVERDUE"),
        "{}",
        shown.stdout
    );
    assert!(
        fs::read_to_string(&file)
            .expect("the register")
            .contains("# for now")
    );

    // It is not closed by a drill that found it.
    let by = format!("{scenario}/2098");
    let close = [
        "findings",
        "close",
        &id,
        "--by",
        &by,
        "--runs",
        "elsewhere/drills",
    ];
    let refused = sandbox.firedrill(close).output();
    assert!(
        refused
            .assert_code(2)
            .one_sentence()
            .contains("it found it again")
    );
    let date = sandbox
        .firedrill(["findings", "assign", &id, "--due", "29.02.2020"])
        .output();
    assert!(date.assert_code(2).one_sentence().contains("is no date"));
    fs::write(
        sandbox.path().join("bad.yaml"),
        "version: 1\nfindings:\n  - id: F-001\n    due: soon\n",
    )
    .expect("a file");
    let bad = sandbox
        .firedrill(["findings", "--register", "bad.yaml", "--runs", "elsewhere/drills"])
        .output();
    let said = &bad.assert_code(2).stderr;
    assert!(
        said.contains("bad.yaml:4:10: findings[0].due") && said.contains("bad.yaml:3:5: findings[0].key"),
        "{said}"
    );
}

fn retested(sandbox: &Sandbox, scenario: &str, step: &str) {
    let listed = findings_of(sandbox, &["--json", "--update"]);
    let gone = one(&listed, step);
    assert_eq!(
        (&gone["state"], &gone["retested_by"]),
        (&"retested".into(), &format!("{scenario}/2099").into())
    );
    assert_eq!(gone["overdue"], false);
    let id = gone["id"].as_str().expect("an id");
    let by = format!("{scenario}/2099");
    let close = ["findings", "close", id, "--by", &by, "--runs", "elsewhere/drills"];
    sandbox.firedrill(close).output().assert_code(0);
    let listed = findings_of(sandbox, &["--json", "--all"]);
    assert_eq!(one(&listed, step)["state"], "closed");
    let text = fs::read_to_string(sandbox.path().join("findings.yaml")).expect("the register");
    assert!(
        text.contains("status: closed # for now") && text.ends_with("# ours\n"),
        "{text}"
    );
}

trial!(outside_of_a_project_commands_say_what_they_looked_for);
fn outside_of_a_project_commands_say_what_they_looked_for() {
    let sandbox = Sandbox::new();
    for command in ["history", "findings"] {
        let ended = sandbox.firedrill([command]).output();
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.starts_with("runs: no such folder")
                && sentence.contains("--runs")
                && sentence.contains("FIREDRILL_RUNS"),
            "{sentence}"
        );
    }
    fs::create_dir(sandbox.path().join("empty")).expect("a folder");
    let ended = sandbox.firedrill(["history", "--runs", "empty"]).output();
    assert!(ended.assert_code(0).stderr.contains("no drill was run here yet"));
    let ended = sandbox
        .firedrill(["findings", "--runs", "empty", "--register", "nosuch.yaml"])
        .output();
    assert!(
        ended
            .assert_code(2)
            .one_sentence()
            .contains("there is no such register")
    );
}
