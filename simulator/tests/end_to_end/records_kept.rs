//! What is kept of drills beyond one run: `history` and its index, `findings` and its register.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use test_harness::trial;

use crate::support::{Sandbox, Scenario};

/// A step in its window, and one that takes longer than that.
const MISSED: [&str; 2] = [
    "do: s3.put_replication, bucket: programs, status: Disabled",
    "do: human, takes: {p50: 330s, p95: 340s}",
];

/// The step whose window that is.
const STEP: &str = "contain";

/// Drills the scenario, and gives the name of its run.
fn drill(sandbox: &Sandbox, scenario: &Scenario, code: i32) -> String {
    sandbox.scenario(scenario);
    let run = sandbox.firedrill(["run", "scenario.yaml", "--runs", "elsewhere/drills"]);
    run.output().assert_code(code);
    let latest = sandbox.path().join("elsewhere/drills/small-loss/latest");
    let name = fs::read_link(latest).expect("a link");
    format!("small-loss/{}", name.display())
}

fn missing_its_window() -> Scenario {
    Scenario::loss().with(MISSED[0], MISSED[1])
}

trial!(history_and_findings_over_the_drills_of_a_project);
fn history_and_findings_over_the_drills_of_a_project() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("elsewhere")).expect("a folder");
    let first = drill(&sandbox, &Scenario::loss(), 0);
    let runs = sandbox.path().join("elsewhere/drills");
    assert_eq!(only_folder(&runs), "small-loss");
    assert!(runs.join("small-loss/latest").is_symlink());
    let second = drill(&sandbox, &missing_its_window(), 0);
    history(&sandbox, &runs, [&first, &second]);
    findings(&sandbox, [&first, &second]);
    let third = drill(&sandbox, &Scenario::loss(), 0);
    retested(&sandbox, &third);
    drill(&sandbox, &missing_its_window(), 0);
    let listed = findings_of(&sandbox, &["--all", "--json"]);
    assert_eq!(one(&listed)["state"], "reopened");
}

trial!(a_run_that_was_changed_counts_for_nothing_and_a_copy_once);
fn a_run_that_was_changed_counts_for_nothing_and_a_copy_once() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("elsewhere")).expect("a folder");
    let runs = sandbox.path().join("elsewhere/drills");
    let found = drill(&sandbox, &missing_its_window(), 0);
    let retest = drill(&sandbox, &Scenario::loss(), 0);
    let listed = || {
        let history = sandbox.firedrill(["history", "--json", "--runs", "elsewhere/drills"]);
        let ended = history.output();
        let document: Value = serde_json::from_str(&ended.assert_code(0).stdout).expect("JSON");
        (document["runs"].as_array().expect("a list").clone(), ended.stderr)
    };

    // What was found and retested before it was in a register gets into it.
    let retested = findings_of(&sandbox, &["--json", "--update"]);
    assert_eq!(one(&retested)["state"], "retested");
    assert_eq!(one(&retested)["id"], "F-001");

    // A copy is no further run, and a run that was moved is there once.
    fs::create_dir(runs.join("archive")).expect("a folder");
    copy(&runs.join(&retest), &runs.join("archive/copy"));
    let (rows, said) = listed();
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert!(said.contains(&format!("is a copy of {retest}")), "{said}");
    fs::remove_dir_all(runs.join("archive/copy")).expect("it is there");
    fs::rename(runs.join(&found), runs.join("archive/moved")).expect("it can be moved");
    let (rows, _) = listed();
    let names: Vec<&str> = rows.iter().filter_map(|row| row["run"].as_str()).collect();
    assert_eq!(names, ["archive/moved", &retest]);

    // What its report says that the records do not give counts for nothing, wherever runs are read.
    let report = runs.join(&retest).join("report.json");
    let before = fs::read(&report).expect("a report");
    let mut forged: Value = serde_json::from_slice(&before).expect("JSON");
    forged["objectives"][0]["actual_s"] = 1.into();
    fs::write(&report, forged.to_string()).expect("a file");
    let (rows, said) = listed();
    assert_eq!(
        (&rows[1]["records"], &rows[1]["verdict"]),
        (&"changed".into(), &Value::Null)
    );
    assert!(
        said.contains("report.json was changed since it was judged"),
        "{said}"
    );
    let listed_findings = findings_of(&sandbox, &["--json"]);
    assert_ne!(one(&listed_findings)["retested_by"], retest.as_str());
    let close = [
        "findings",
        "close",
        "F-001",
        "--by",
        &retest,
        "--runs",
        "elsewhere/drills",
    ];
    let refused = sandbox.firedrill(close).output();
    assert!(
        refused
            .assert_code(2)
            .stderr
            .contains("was changed since it was judged")
    );
    fs::write(&report, "{").expect("a file");
    assert_eq!(listed().0[1]["records"], "changed");
    fs::write(&report, &before).expect("a file");
    let journal = runs.join(&retest).join("journal.jsonl");
    let bytes = fs::read(&journal).expect("a journal");
    fs::write(
        &journal,
        String::from_utf8_lossy(&bytes).replacen("small", "large", 1),
    )
    .expect("a file");
    assert_eq!(listed().0[1]["records"], "changed");
    fs::write(&journal, &bytes).expect("a file");
    assert_eq!(listed().0[1]["records"], "verified");
}

trial!(a_tabletop_is_no_drill_and_retests_nothing);
fn a_tabletop_is_no_drill_and_retests_nothing() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("elsewhere")).expect("a folder");
    let found = drill(&sandbox, &missing_its_window(), 0);
    let tabletop = Scenario::loss().with("exercise: functional", "exercise: tabletop");
    let discussed = drill(&sandbox, &tabletop, 3);
    let listed = findings_of(&sandbox, &["--json", "--update"]);
    assert_eq!(one(&listed)["state"], "open");
    let close = [
        "findings",
        "close",
        "F-001",
        "--by",
        &discussed,
        "--runs",
        "elsewhere/drills",
    ];
    let refused = sandbox.firedrill(close).output();
    assert!(
        refused
            .assert_code(2)
            .stderr
            .contains("an exercise without faults")
    );
    let history = sandbox.firedrill(["history", "--runs", "elsewhere/drills"]);
    assert!(history.output().assert_code(0).stdout.contains("tabletop"));
    let last = drill(&sandbox, &Scenario::loss(), 0);
    let report = sandbox
        .path()
        .join("elsewhere/drills")
        .join(last)
        .join("report.json");
    let report: Value = serde_json::from_slice(&fs::read(report).expect("a report")).expect("JSON");
    let earlier = report["details"]["earlier"].as_array().expect("a list");
    assert_eq!(earlier.len(), 1);
    assert_eq!(earlier[0]["run"], found.as_str());
    assert_eq!(report["details"]["earlier_left_out"], 1);
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

fn history(sandbox: &Sandbox, runs: &Path, [first, second]: [&str; 2]) {
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
    assert_eq!(names, [first, second]);
    assert_eq!(rows[0]["verdict"], "pass");
    assert!(rows[0]["objectives"][0]["target_s"].as_f64().is_some());

    // What is broken is named and left out; of what was moved away its line is left.
    let index = runs.join("history.jsonl");
    assert_eq!(fs::read_to_string(&index).expect("the index").lines().count(), 2);
    fs::write(
        &index,
        [fs::read(&index).expect("the index"), b"{\"v\": 1,\n".to_vec()].concat(),
    )
    .expect("a file");
    fs::create_dir_all(runs.join("broken/run")).expect("a folder");
    fs::write(runs.join("broken/run/report.json"), "{\n  \"schema\": }").expect("a file");
    fs::create_dir_all(runs.join("broken/killed")).expect("a folder");
    fs::write(runs.join("broken/killed/journal.jsonl"), "").expect("a file");
    let place = runs.join(first);
    fs::rename(&place, sandbox.path().join("moved")).expect("it can be moved");
    let (rows, said) = listed(&["small-loss"]);
    assert_eq!(
        rows.iter().map(|row| &row["folder_is_here"]).collect::<Vec<_>>(),
        [false, true]
    );
    for words in [
        "history.jsonl:3: cannot be read",
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
    let whole: Vec<&str> = index_again.lines().take(2).collect();
    fs::write(&index, whole.join("\n") + "\n").expect("a file");

    let unknown = sandbox
        .firedrill(["history", "nosuch", "--runs", "elsewhere/drills"])
        .output();
    assert!(unknown.assert_code(2).one_sentence().contains("small-loss"));
}

fn findings_of(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let all = ["findings", "--runs", "elsewhere/drills"].iter().chain(arguments);
    let ended = sandbox.firedrill(all).output();
    ended.assert_code(0);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    document["findings"].as_array().expect("a list").clone()
}

fn one(listed: &[Value]) -> &Value {
    let found = listed.iter().find(|one| {
        one["step"] == STEP
            && one["key"]
                .as_str()
                .is_some_and(|key| key.contains("window_missed"))
    });
    found.unwrap_or_else(|| panic!("no finding of {STEP} in {listed:#?}"))
}

fn findings(sandbox: &Sandbox, [first, second]: [&str; 2]) {
    let listed = findings_of(sandbox, &["--json"]);
    let new = one(&listed);
    assert_eq!(new["state"], "new");
    assert_eq!(new["key"], format!("small-loss/window_missed/step={STEP}"));
    assert!(!sandbox.path().join("findings.yaml").exists());

    // Added once, edited by hand, and left alone thereafter.
    let listed = findings_of(sandbox, &["--json", "--update"]);
    let id = one(&listed)["id"].as_str().expect("an id").to_owned();
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
        (&one(&listed)["owner"], &one(&listed)["overdue"]),
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

    // It is not closed by a drill that found it, nor by one that began before that.
    for (by, why) in [(second, "it found it again"), (first, "it began at")] {
        let close = ["findings", "close", &id, "--by", by, "--runs", "elsewhere/drills"];
        let refused = sandbox.firedrill(close).output();
        let sentence = refused.assert_code(2).one_sentence();
        assert!(sentence.contains(why), "{sentence}");
    }
    closed_tomorrow_is_refused(sandbox);
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

fn closed_tomorrow_is_refused(sandbox: &Sandbox) {
    sandbox.write(
        "future.yaml",
        "version: 1\nfindings:\n  - {id: F-001, key: a/b/step=c, status: closed, closed_on: 2999-01-01}\n",
    );
    let refused = sandbox
        .firedrill([
            "findings",
            "--register",
            "future.yaml",
            "--runs",
            "elsewhere/drills",
        ])
        .output();
    let sentence = refused.assert_code(2).one_sentence();
    assert!(
        sentence.contains("future.yaml:3:") && sentence.contains("closed_on: found 2999-01-01"),
        "{sentence}"
    );
}

fn retested(sandbox: &Sandbox, by: &str) {
    let listed = findings_of(sandbox, &["--json", "--update"]);
    let gone = one(&listed);
    assert_eq!(
        (&gone["state"], &gone["retested_by"]),
        (&"retested".into(), &by.into())
    );
    assert_eq!(gone["overdue"], false);
    let id = gone["id"].as_str().expect("an id");
    let close = ["findings", "close", id, "--by", by, "--runs", "elsewhere/drills"];
    sandbox.firedrill(close).output().assert_code(0);
    let listed = findings_of(sandbox, &["--json", "--all"]);
    assert_eq!(one(&listed)["state"], "closed");
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
