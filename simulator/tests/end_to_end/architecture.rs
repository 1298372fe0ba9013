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
