//! The commands that run no drill: `check`, `list`, `schema`, and `report` on what is no run.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use test_harness::trial;

use crate::support::program::Program;
use crate::support::{Sandbox, Scenario, functions, test_scenarios, workspace};

trial!(check_looks_at_every_scenario_of_a_folder);
fn check_looks_at_every_scenario_of_a_folder() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path().join("plans/deep")).expect("folders");
    sandbox.write("plans/good.yaml", Scenario::loss().text());
    sandbox.write(
        "plans/deep/odd.yml",
        Scenario::loss()
            .with("pass: 10 of 10,", "pass: 10 of 10, prefix: none/,")
            .text(),
    );
    sandbox.write("plans/notes.txt", "no scenario");
    let ended = sandbox.firedrill(["check", "plans"]).output();
    ended.assert_code(0);
    assert_eq!(ended.stderr, "");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.stdout);
    assert!(
        lines[0].starts_with("plans/deep/odd.yml:") && lines[0].contains("warning"),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1..], ["plans/deep/odd.yml: ok", "plans/good.yaml: ok"]);

    // One that is wrong, and one that is no scenario: both are told, and those that are right as well.
    sandbox.write(
        "plans/bad.yaml",
        Scenario::loss()
            .with("rto: 10m", "rto: soon")
            .without("version: 1")
            .text(),
    );
    sandbox.write("plans/broken.yaml", "version: [1\n");
    let ended = sandbox.firedrill(["check", "plans"]).output();
    ended.assert_code(2);
    assert!(ended.stdout.contains("plans/good.yaml: ok"), "{}", ended.stdout);
    assert_eq!(
        ended.stderr.matches("plans/bad.yaml:").count(),
        2,
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("plans/broken.yaml:"), "{}", ended.stderr);
}

trial!(check_and_list_report_an_empty_or_missing_folder);
fn check_and_list_report_an_empty_or_missing_folder() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("nothing")).expect("a folder");
    for command in ["check", "list"] {
        for (path, why) in [("nothing", "no scenario files"), ("nowhere", "cannot be read")] {
            let ended = sandbox.firedrill([command, path]).output();
            let sentence = ended
                .assert_code(2)
                .stderr
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            assert!(
                sentence.contains(path) && sentence.contains(why),
                "{command} {path}: {sentence}"
            );
        }
        // Without a path it is `scenarios`, which is not here.
        sandbox.firedrill([command]).output().assert_code(2);
    }
}

trial!(every_shipped_scenario_and_every_one_of_the_tests_is_valid);
fn every_shipped_scenario_and_every_one_of_the_tests_is_valid() {
    let ended = Program::new(workspace(), ["check"]).output();
    ended.assert_code(0);
    // What a plan says as it is written may well be odd.
    let odd = |line: &&str| line.contains("warning") && !line.contains("-as-written.yaml:");
    assert_eq!(ended.stdout.lines().find(odd), None, "{}", ended.stdout);
    let tests = copied();
    let ended = tests.firedrill(["check", "."]).output();
    ended.assert_code(0);
    assert_eq!(ended.stdout.matches(": ok").count(), 3, "{}", ended.stdout);
    assert!(!ended.stdout.contains("warning"), "{}", ended.stdout);
}

/// The scenarios of the tests, with what tests put beside them.
fn copied() -> Sandbox {
    let sandbox = Sandbox::new();
    for entry in fs::read_dir(test_scenarios()).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name");
        sandbox.write(name, fs::read(&path).expect("a scenario"));
    }
    sandbox.write("own.zip", functions::shell("", "answer='\"alive\"'"));
    let script = sandbox.write("work.sh", "#!/bin/sh\n");
    fs::set_permissions(script, PermissionsExt::from_mode(0o755)).expect("it is ours");
    sandbox
}

trial!(a_drill_does_not_start_with_what_check_refuses_beside_the_scenario);
fn a_drill_does_not_start_with_what_check_refuses_beside_the_scenario() {
    let sandbox = copied();
    fs::remove_file(sandbox.path().join("own.zip")).expect("it was there");
    let script = sandbox.path().join("work.sh");
    fs::set_permissions(&script, PermissionsExt::from_mode(0o644)).expect("it is ours");
    let ended = sandbox.firedrill(["check", "small-stack.yaml"]).output();
    ended.assert_code(2);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ended.stderr);
    assert!(
        lines[0].starts_with(
            "small-stack.yaml:39:20: cloud.functions.own.package: found \"own.zip\", which is not there"
        ),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with(
            "small-stack.yaml:64:35: runbook[3].script: found \"work.sh\", which is not executable"
        ) && lines[1].contains("hint: chmod +x "),
        "{}",
        lines[1]
    );
    let names = sandbox.names();
    let run = sandbox.firedrill(["run", "small-stack.yaml"]).output();
    run.assert_code(2);
    assert_eq!(run.stderr, ended.stderr);
    assert_eq!(sandbox.names(), names, "no run was begun");
    sandbox.assert_no_process_left();
}

trial!(list_shows_what_there_is);
fn list_shows_what_there_is() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("scenarios")).expect("a folder");
    for file in ["small-fleet.yaml", "small-loss.yaml"] {
        sandbox.write(
            &format!("scenarios/{file}"),
            fs::read(test_scenarios().join(file)).expect("a scenario"),
        );
    }
    sandbox.write("scenarios/wrong.yaml", "version: 1\n");
    let ended = sandbox.firedrill(["list"]).output();
    ended.assert_code(0);
    let rows: Vec<String> = ended
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(rows.join("\n"));
    assert!(
        ended.stderr.contains("scenarios/wrong.yaml: has errors"),
        "{}",
        ended.stderr
    );
}

trial!(list_shows_every_shipped_scenario);
fn list_shows_every_shipped_scenario() {
    let ended = Program::new(workspace(), ["list"]).output();
    ended.assert_code(0);
    assert_eq!(ended.stderr, "");
    for name in [
        "hello",
        "iot-steel/s3-bucket-loss",
        "iot-steel/s3-bucket-loss-as-written",
        "iot-steel/bucket-deleted",
        "iot-steel/replication-paused",
    ] {
        let path = format!("scenarios/{name}.yaml");
        assert!(ended.stdout.contains(&path), "{path} is not in\n{}", ended.stdout);
    }
}

trial!(schema_is_that_of_the_scenarios);
fn schema_is_that_of_the_scenarios() {
    let ended = Program::new(workspace(), ["schema"]).output();
    ended.assert_code(0);
    let shipped =
        fs::read_to_string(workspace().join("scenarios/schema.json")).expect("the schema that ships");
    assert!(
        ended.stdout == shipped,
        "scenarios/schema.json is not what `firedrill schema` prints"
    );
    let schema: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["properties"]["objectives"].is_object());
}

trial!(explain_shows_the_reference_anywhere);
/// Without a project folder, without colours in a pipe, and as wide as the terminal is.
fn explain_shows_the_reference_anywhere() {
    let sandbox = Sandbox::new();
    let explain = |arguments: &[&str]| sandbox.firedrill([&["explain"], arguments].concat()).output();
    let index = explain(&[]);
    for word in ["FAULTS", "s3.delete_objects", "objectives", "variables"] {
        assert!(
            index.assert_code(0).stdout.contains(word),
            "{word} is not in\n{}",
            index.stdout
        );
    }
    for (name, part) in [
        ("s3.delete_objects", "fraction  required"),
        ("objectives", "FIELDS OF objectives.services.NAME"),
        ("faults", "VALUES OF do"),
        ("actions", "s3.sync"),
        ("cloud.buckets", "FIELDS OF cloud.buckets.NAME.replicate"),
        ("lambda", "lambda.rollback"),
        ("variables", "FIREDRILL_BUCKET_<LABEL>"),
    ] {
        let ended = explain(&[name]);
        assert!(
            ended.assert_code(0).stdout.contains(part),
            "{name}: {}",
            ended.stdout
        );
        assert!(!ended.stdout.contains('\u{1b}'), "{name}");
    }
    let narrow = sandbox
        .firedrill(["explain", "s3.audit"])
        .env("COLUMNS", "70")
        .output();
    let before_the_example = narrow.assert_code(0).stdout.split("EXAMPLE").next();
    let lines = before_the_example.unwrap_or_default().lines();
    let longest = lines.map(|line| line.chars().count());
    assert!(longest.max() <= Some(70), "{}", narrow.stdout);
}

trial!(explain_says_what_was_meant);
fn explain_says_what_was_meant() {
    let sandbox = Sandbox::new();
    let mistyped = sandbox.firedrill(["explain", "s3.delete_object"]).output();
    assert!(
        mistyped
            .assert_code(2)
            .one_sentence()
            .contains("did you mean \"s3.delete_objects\"?")
    );
    let unknown = sandbox.firedrill(["explain", "zeppelin-42-xyz"]).output();
    assert!(
        unknown
            .assert_code(2)
            .one_sentence()
            .contains("explain lists all names")
    );
}

trial!(report_refuses_what_is_no_run);
fn report_refuses_what_is_no_run() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("empty")).expect("a folder");
    fs::create_dir(sandbox.path().join("rubbish")).expect("a folder");
    for file in ["journal.jsonl", "ledger.bin", "audit.bin", "plan.json"] {
        sandbox.write(&format!("rubbish/{file}"), [0u8, 159, 146, 150, 10, 1, 2, 3]);
    }
    sandbox.write("rubbish/scenario.yaml", Scenario::loss().text());
    sandbox.write("file", "no folder");
    for (folder, word) in [
        ("empty", "journal.jsonl"),
        ("rubbish", "journal"),
        ("file", "is no folder of a run: it is a file"),
        ("nowhere", "is no folder of a run: No such file"),
    ] {
        let ended = sandbox.firedrill(["report", folder]).output();
        let sentence = ended.assert_code(2).one_sentence();
        assert!(sentence.contains(folder) && sentence.contains(word), "{sentence}");
    }
    assert_eq!(
        fs::read_dir(sandbox.path().join("empty"))
            .expect("a folder")
            .count(),
        0
    );
}

trial!(a_mistyped_name_gets_the_nearest_one_and_an_empty_folder_what_to_do);
fn a_mistyped_name_gets_the_nearest_one_and_an_empty_folder_what_to_do() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path().join("scenarios/iot")).expect("folders");
    sandbox.write("scenarios/iot/small-loss.yaml", Scenario::loss().text());
    for named in [
        "small-loss",
        "small-loss.yaml",
        "iot/small-loss",
        "scenarios/iot/smal-loss.yaml",
    ] {
        for command in ["run", "check", "forecast", "capacity", "cloud"] {
            let ended = sandbox.firedrill([command, named]).output();
            let sentence = ended.assert_code(2).one_sentence();
            assert!(
                sentence.starts_with(named)
                    && sentence.ends_with("hint: did you mean scenarios/iot/small-loss.yaml?"),
                "{command} {named}: {sentence}"
            );
        }
    }
    let ended = sandbox.firedrill(["run", "scenarios"]).output();
    let sentence = ended.assert_code(2).one_sentence();
    assert!(sentence.contains("is a directory"), "{sentence}");
    let ended = sandbox.firedrill(["report", "small-loss"]).output();
    let sentence = ended.assert_code(2).one_sentence();
    assert!(
        sentence.contains("firedrill") && sentence.contains("there is none here"),
        "{sentence}"
    );
    assert_eq!(sandbox.names(), ["scenarios"]);

    let empty = Sandbox::new();
    for arguments in [
        &["check"][..],
        &["list"],
        &["run", "hello.yaml"],
        &["forecast", "hello"],
    ] {
        let ended = empty.firedrill(arguments).output();
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.contains("no scenario files (*.yaml) were found in this folder or below")
                && sentence.ends_with("new NAME"),
            "{arguments:?}: {sentence}"
        );
    }
}

trial!(recorded_scenarios_are_no_scenarios_of_a_folder);
fn recorded_scenarios_are_no_scenarios_of_a_folder() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path().join("runs/small-loss/1")).expect("folders");
    sandbox.scenario(&Scenario::loss());
    sandbox.write("runs/small-loss/1/scenario.yaml", "version: 9\n");
    sandbox.write("runs/small-loss/1/journal.jsonl", "");
    let ended = sandbox.firedrill(["check", "."]).output();
    assert_eq!(ended.assert_code(0).stdout, "./scenario.yaml: ok\n");
}

trial!(help_names_the_exit_codes_and_hides_internal_commands);
fn help_names_the_exit_codes_and_hides_internal_commands() {
    let sandbox = Sandbox::new();
    let ended = sandbox.firedrill(["--help"]).output();
    ended.assert_code(0);
    for word in [
        "run",
        "check",
        "list",
        "schema",
        "explain",
        "report",
        "cloud",
        "doctor",
        "130 interrupted",
    ] {
        assert!(ended.stdout.contains(word), "{word} is not in\n{}", ended.stdout);
    }
    for hidden in ["broker", "reaper"] {
        let commands = ended
            .stdout
            .lines()
            .filter(|line| line.trim_start().starts_with(hidden))
            .count();
        assert_eq!(commands, 0, "{}", ended.stdout);
    }
    assert!(
        sandbox
            .firedrill(["--version"])
            .output()
            .assert_code(0)
            .stdout
            .starts_with("firedrill ")
    );
}
