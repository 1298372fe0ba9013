//! Which crate may know which: arrows point down only.
//!
//! ```text
//!                  simulator
//!           ┌─────────┼─────────┐
//!   cloud-emulator fleet-emulator reports
//!           └────┬────┘         │
//!             runtime           │
//!                └──────┬───────┘
//!                     drill
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::Value;
use test_harness::trial;

use crate::support::workspace;

/// What each crate of the workspace may depend on.
const ALLOWED: [(&str, &[&str]); 8] = [
    ("drill", &[]),
    ("runtime", &["drill", "test-harness"]),
    ("cloud-emulator", &["runtime", "drill", "test-harness"]),
    ("fleet-emulator", &["runtime", "drill", "test-harness"]),
    ("reports", &["drill"]),
    (
        "simulator",
        &[
            "cloud-emulator",
            "fleet-emulator",
            "reports",
            "runtime",
            "drill",
            "test-harness",
        ],
    ),
    ("test-harness", &[]),
    // Nothing knows it: it is in no other's list.
    ("fuzz", &["cloud-emulator", "reports", "runtime", "drill"]),
];

/// What only tests may depend on.
const FOR_TESTS: &str = "test-harness";

/// Runs the cargo that builds this, on what is already here.
fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .arg("--offline")
        .current_dir(workspace())
        .stdin(Stdio::null())
        .output();
    let output = output.expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo {arguments:?}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes text")
}

trial!(arrows_point_down_only);
fn arrows_point_down_only() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let known: BTreeSet<String> = ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ours, known, "a crate that is not in the picture");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    for package in packages {
        // Those of tests and of build scripts as well: they are arrows, too.
        let dependencies = package["dependencies"]
            .as_array()
            .expect("a list of dependencies");
        let known: BTreeSet<String> = dependencies
            .iter()
            .map(name)
            .filter(|name| ours.contains(name))
            .collect();
        let allowed: BTreeSet<String> = allowed[&*name(package)]
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        assert!(
            known.is_subset(&allowed),
            "{} knows {known:?}, and may know {allowed:?}",
            name(package)
        );
        let ships = |dependency: &&Value| dependency["kind"] != "dev" && name(dependency) == FOR_TESTS;
        assert_eq!(
            dependencies.iter().find(ships),
            None,
            "{} needs {FOR_TESTS} in what ships",
            name(package)
        );
    }
}

/// Every place in which a child is started, and what keeps whoever a drill runs from deciding what it does. Another one
/// needs an answer to that, and a test.
const CHILDREN: [(&str, &str); 13] = [
    (
        "cloud-emulator/src/containers/mod.rs",
        "this program again, with arguments of its own: the remover",
    ),
    (
        "cloud-emulator/src/iot/parent.rs",
        "this program again, with arguments of its own: the broker",
    ),
    (
        "cloud-emulator/src/lambda/exec/launch.rs",
        "sandboxed; bare if nothing of the user's is isolated",
    ),
    (
        "cloud-emulator/src/lambda/exec/python.rs",
        "an interpreter of the machine's, asked who it is",
    ),
    (
        "runtime/src/sandbox/inside/program.rs",
        "the program of a sandbox, or of one who wants none",
    ),
    (
        "runtime/src/sandbox/mod.rs",
        "this program again: what makes a sandbox",
    ),
    (
        "runtime/src/supervisor/afterwards.rs",
        "what the supervisor was given before: the remover",
    ),
    ("runtime/src/supervisor/reaper.rs", "this program again: a reaper"),
    (
        "runtime/src/supervisor/thread.rs",
        "what the supervisor is given by all those above",
    ),
    (
        "simulator/src/commands/doctor/programs.rs",
        "sandboxed, or a program that is asked for its version",
    ),
    (
        "simulator/src/conductor/runbook/shell/mod.rs",
        "sandboxed, unless the user wants it otherwise",
    ),
    (
        "simulator/src/files/python.rs",
        "compiles a package and runs nothing of it",
    ),
    (
        "simulator/src/files/scripts.rs",
        "`sh -n`, which parses and runs nothing",
    ),
];

/// Started with a feature that is off by default.
const CHILD_OF_FEATURE: &str = "simulator/src/programs.rs";

trial!(every_place_that_starts_a_child_is_known);
fn every_place_that_starts_a_child_is_known() {
    let starts = |text: &str| {
        // What tests start is theirs.
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = shipped
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let words = [
            "Command::new(",
            "ChildSpec::new(",
            "SandboxSpec::new(",
            "posix_spawn",
            "execve",
        ];
        code.into_iter()
            .any(|line| words.iter().any(|word| line.contains(word)))
    };
    let mut found = BTreeSet::new();
    for (name, _) in ALLOWED
        .iter()
        .filter(|(name, _)| *name != FOR_TESTS && *name != "fuzz")
    {
        for file in sources(&workspace().join(name).join("src")) {
            if starts(&std::fs::read_to_string(&file).expect("it can be read")) {
                let place = file.strip_prefix(workspace()).expect("it is below");
                found.insert(place.to_string_lossy().into_owned());
            }
        }
    }
    let known = CHILDREN.iter().map(|(place, _)| *place).chain([CHILD_OF_FEATURE]);
    assert_eq!(found, known.map(str::to_owned).collect());
}

/// Files of Rust below a folder, but for those that are tests.
fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of sources").flatten();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        match () {
            () if path.is_dir() => found.extend(sources(&path)),
            () if name.ends_with(".rs") && name != "tests.rs" => found.push(path),
            () => {}
        }
    }
    found
}

trial!(only_the_runtime_has_unsafe_code);
fn only_the_runtime_has_unsafe_code() {
    for (name, _) in ALLOWED {
        let source = workspace().join(name).join("src");
        let root = ["lib.rs", "main.rs"].map(|file| source.join(file));
        let root = root.iter().find_map(|file| std::fs::read_to_string(file).ok());
        let forbidden = root
            .expect("a crate has a root")
            .contains("\n#![forbid(unsafe_code)]\n");
        assert_eq!(forbidden, name != "runtime", "{name}");
    }
}

trial!(drill_and_reports_know_no_tokio);
/// The vocabulary and the reports do no I/O: nothing that waits for any is beneath them.
fn drill_and_reports_know_no_tokio() {
    for (package, expected) in [("drill", "serde"), ("reports", "maud")] {
        let tree = cargo(&[
            "tree",
            "--package",
            package,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(
            names.contains(expected),
            "this is no tree of {package}: {names:?}"
        );
        let waiting: Vec<&&str> = ["tokio", "mio", "hyper", "async-std", "smol", "futures-executor"]
            .iter()
            .filter(|name| names.contains(**name))
            .collect();
        assert!(waiting.is_empty(), "{waiting:?} are beneath {package}");
    }
}
