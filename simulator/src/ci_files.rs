//! What `deploy/ci/` and `examples/` ship for CI: valid YAML, actions that are pinned, and commands that this program takes.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_norway::Value;

use crate::cli::Arguments;

/// The root of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
}

/// The YAML files below a folder, but for scenarios.
fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("it can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|end| end == "yml") {
            found.push(path);
        }
    }
}

fn files() -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    below(&root().join("deploy"), &mut found);
    below(&root().join("examples"), &mut found);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let value =
            serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, value)
    };
    found.into_iter().map(read).collect()
}

/// Every text of a document, with the key that it stands under.
fn texts<'a>(key: &str, value: &'a Value, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) => found.push((key.to_owned(), text)),
        Value::Sequence(items) => items.iter().for_each(|item| texts(key, item, found)),
        Value::Mapping(fields) => {
            for (key, value) in fields {
                texts(key.as_str().unwrap_or_default(), value, found);
            }
        }
        _ => {}
    }
}

/// The commands of ours in a script, as words.
fn commands(script: &str) -> Vec<Vec<String>> {
    let script = script.replace("\\\n", " ");
    let lines = script
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(shlex::split);
    let ours = words.filter(|words| {
        let program = words.first().map_or("", String::as_str);
        program == "firedrill" || program.ends_with("/firedrill")
    });
    // A variable that is to be a number would be no number here.
    let filled = |word: String| {
        if word.starts_with('$') && word.ends_with("REPEAT") {
            "5".to_owned()
        } else {
            word
        }
    };
    ours.map(|words| words.into_iter().map(filled).collect())
        .collect()
}

#[test]
fn every_command_in_them_is_one_of_this_program() {
    let mut seen = 0;
    for (path, value) in files() {
        let mut found = Vec::new();
        texts("", &value, &mut found);
        let scripts = found
            .iter()
            .filter(|(key, _)| key == "run" || key.ends_with("script"));
        for command in scripts.flat_map(|(_, script)| commands(script)) {
            seen += 1;
            if let Err(error) = Arguments::try_parse_from(&command) {
                panic!("{}: {command:?}: {error}", path.display());
            }
        }
    }
    assert!(seen >= 4, "only {seen} commands were found");
}

#[test]
fn every_action_in_them_is_pinned_and_every_file_that_they_name_is_there() {
    for (path, value) in files() {
        let mut found = Vec::new();
        texts("", &value, &mut found);
        for (_, action) in found.iter().filter(|(key, _)| key == "uses") {
            let (_, version) = action.split_once('@').expect("a version");
            let is_commit = version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
            // That of Firedrill is for the user to choose.
            let is_ours = action.starts_with("firedrill/firedrill/deploy/ci@<");
            assert!(is_commit || is_ours, "{}: {action}", path.display());
        }
    }
    for file in [
        "scenarios/iot-steel/s3-bucket-loss.yaml",
        "deploy/ci/s3-bucket-loss.baseline.json",
        "examples/order-archive/scenario.yaml",
        "examples/order-archive/baseline.json",
    ] {
        assert!(root().join(file).is_file(), "{file}");
    }
}

#[test]
fn gitlab_shows_the_junit_and_both_keep_the_reports() {
    let (_, gitlab) = files()
        .into_iter()
        .find(|(path, _)| path.ends_with("gitlab-ci.yml"))
        .expect("it is there");
    let artifacts = &gitlab["firedrill"]["artifacts"];
    assert_eq!(
        artifacts["reports"]["junit"].as_str(),
        Some("firedrill-report/junit.xml")
    );
    assert_eq!(artifacts["when"].as_str(), Some("always"));
    let (_, action) = files()
        .into_iter()
        .find(|(path, _)| path.ends_with("action.yml"))
        .expect("it is there");
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    for step in steps {
        // A composite action says of every script which shell it is for.
        assert!(
            step.get("uses").is_some() || step["shell"].as_str() == Some("bash"),
            "{step:?}"
        );
    }
    let always = |step: &&Value| step.get("if").and_then(Value::as_str) == Some("always()");
    assert_eq!(
        steps.iter().filter(always).count(),
        2,
        "summary and reports come also after a failure"
    );
}
