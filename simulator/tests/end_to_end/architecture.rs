//! Which crate may know which: arrows point down only.
//!
//! ```text
//!                  simulator
//!           ┌─────────┼──────────┬──────────┐
//!   cloud-emulator fleet-emulator reports  evidence
//!           └────┬────┘       ┌───┴────┐   │
//!             runtime     forecast baseline│
//!                └──────┬─────┴────────┴───┘
//!                     drill
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::Value;
use test_harness::trial;

use crate::support::workspace;

/// What each crate of the workspace may depend on.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("drill", &[]),
    ("runtime", &["drill", "test-harness"]),
    ("cloud-emulator", &["runtime", "drill", "test-harness"]),
    (
        "fleet-emulator",
        &["runtime", "drill", "forecast", "test-harness"],
    ),
    ("forecast", &["drill"]),
    ("baseline", &["drill"]),
    ("reports", &["baseline", "forecast", "drill"]),
    ("evidence", &["drill"]),
    (
        "simulator",
        &[
            "baseline",
            "cloud-emulator",
            "fleet-emulator",
            "forecast",
            "reports",
            "evidence",
            "runtime",
            "drill",
            "test-harness",
        ],
    ),
    ("test-harness", &[]),
    // Nothing knows it: it is in no other's list.
    ("fuzz", &["cloud-emulator", "reports", "runtime", "drill"]),
];

trial!(the_image_is_built_from_every_crate);
/// The image builds its dependencies from the crates' manifests alone, which the Dockerfile names one by one.
fn the_image_is_built_from_every_crate() {
    let dockerfile = std::fs::read_to_string(workspace().join("Dockerfile")).expect("it can be read");
    let empty = dockerfile
        .lines()
        .find_map(|line| line.strip_prefix("RUN for crate in ")?.strip_suffix("; do \\"))
        .expect("a loop that makes empty crates");
    let empty: BTreeSet<&str> = empty.split(' ').collect();
    for (name, _) in ALLOWED {
        let copied = format!("COPY {name}/Cargo.toml {name}/");
        assert!(
            dockerfile.lines().any(|line| line == copied),
            "the Dockerfile lacks: {copied}"
        );
        // The program is an empty crate of its own kind.
        assert!(
            empty.contains(name) || name == "simulator",
            "the Dockerfile makes no empty {name}"
        );
    }
}

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

/// Every place in which a child is started, how often, and what keeps whoever a drill runs from deciding what it does.
/// Another one needs an answer to that, and a test.
const CHILDREN: [(&str, usize, &str); 17] = [
    (
        "cloud-emulator/src/containers/mod.rs",
        1,
        "this program again, with arguments of its own: the remover",
    ),
    (
        "cloud-emulator/src/iot/parent.rs",
        1,
        "this program again, with arguments of its own: the broker",
    ),
    (
        "cloud-emulator/src/lambda/exec/launch.rs",
        2,
        "sandboxed; bare if the user wants that, or if it is ours and no sandbox can be made",
    ),
    (
        "cloud-emulator/src/lambda/exec/python.rs",
        1,
        "an interpreter of the machine's, asked who it is",
    ),
    (
        "runtime/src/sandbox/inside/fork.rs",
        2,
        "no program: the first process of a sandbox, by those two below",
    ),
    (
        "runtime/src/sandbox/inside/ids.rs",
        2,
        "no program: what writes the maps of a user namespace, and what enters one",
    ),
    (
        "runtime/src/sandbox/inside/keeper.rs",
        1,
        "no program: the keeper of a sandbox stays outside of what it keeps",
    ),
    (
        "runtime/src/sandbox/inside/program.rs",
        2,
        "the program of a sandbox, or of one who wants none",
    ),
    (
        "runtime/src/sandbox/mod.rs",
        2,
        "this program again: what makes a sandbox",
    ),
    (
        "runtime/src/supervisor/afterwards.rs",
        1,
        "what the supervisor was given before: the remover",
    ),
    (
        "runtime/src/supervisor/reaper.rs",
        1,
        "this program again: a reaper",
    ),
    (
        "runtime/src/supervisor/thread.rs",
        2,
        "what the supervisor is given by all those above",
    ),
    (
        "simulator/src/commands/ci/children.rs",
        1,
        "this program again, with arguments of its own: a drill",
    ),
    (
        "simulator/src/commands/doctor/programs.rs",
        1,
        "sandboxed, or a program that is asked for its version",
    ),
    (
        "simulator/src/conductor/runbook/shell/mod.rs",
        2,
        "sandboxed, unless the user wants it otherwise",
    ),
    (
        "simulator/src/files/python.rs",
        1,
        "compiles a package and runs nothing of it",
    ),
    (
        "simulator/src/files/syntax.rs",
        2,
        "a shell with -n or Python, which parse a script and run nothing",
    ),
];

/// Started with a feature that is off by default.
const CHILD_OF_FEATURE: (&str, usize) = ("simulator/src/programs.rs", 1);

/// How a child is started, or something is done in one before it is another program.
const STARTS: [&str; 8] = [
    "Command::new(",
    "ChildSpec::new(",
    "SandboxSpec::new(",
    "posix_spawn",
    "execve",
    "fork(",
    "clone3",
    "pre_exec",
];

/// The lines of code that ship: neither comments nor what is built for tests, wherever in a file that stands. It ends
/// where something is closed, or a statement ends, that is indented as it is.
fn shipped(text: &str) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut of_tests = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        match of_tests {
            Some(depth) if indent(line) == depth && (trimmed.ends_with(';') || trimmed.ends_with('}')) => {
                of_tests = None
            }
            Some(_) => {}
            None if trimmed == "#[cfg(test)]" => of_tests = Some(indent(line)),
            None if trimmed.starts_with("//") => {}
            None => lines.push(line),
        }
    }
    lines
}

fn starts(text: &str) -> usize {
    let lines = shipped(text);
    let in_line = |line: &str| -> usize { STARTS.iter().map(|start| line.matches(start).count()).sum() };
    lines.into_iter().map(in_line).sum()
}

trial!(every_place_that_starts_a_child_is_known);
fn every_place_that_starts_a_child_is_known() {
    let mut found = BTreeMap::new();
    for (name, _) in ALLOWED
        .iter()
        .filter(|(name, _)| *name != FOR_TESTS && *name != "fuzz")
    {
        for file in sources(&workspace().join(name).join("src")) {
            let starts = starts(&std::fs::read_to_string(&file).expect("it can be read"));
            if starts > 0 {
                let place = file.strip_prefix(workspace()).expect("it is below");
                found.insert(place.to_string_lossy().into_owned(), starts);
            }
        }
    }
    let known = CHILDREN.iter().map(|(place, starts, _)| (*place, *starts));
    let known = known.chain([CHILD_OF_FEATURE]);
    assert_eq!(
        found,
        known.map(|(place, starts)| (place.to_owned(), starts)).collect()
    );
}

trial!(a_start_is_seen_wherever_it_stands);
fn a_start_is_seen_wherever_it_stands() {
    let text = "#[cfg(test)]\nmod tests;\n\n// Command::new(a)\nfn f() {\n    Command::new(b);\n}\n\n#[cfg(test)]\n\
                mod more {\n    fn g() {\n        Command::new(c);\n    }\n}\n\nfn h() {\n    unsafe { libc::fork() };\n}\n";
    assert_eq!(starts(text), 2, "{:#?}", shipped(text));
    assert_eq!(starts("fn f() { command.pre_exec(|| Command::new(x)) }"), 2);
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
    for (package, expected) in [
        ("drill", "serde"),
        ("forecast", "drill"),
        ("baseline", "drill"),
        ("reports", "maud"),
    ] {
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
