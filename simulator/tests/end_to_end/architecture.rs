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
//!
//! `cloud-emulator` is a folder of crates, of which the one of that name puts the others together:
//!
//! ```text
//!                cloud-emulator
//!      ┌──────┬──────┬──┴────┬──────┬─────────┐
//!   service- -iot -lambda  -s3   -sts   cloud-backends
//!     dns └──────┴──┬───┴──────┴───────────┘
//!             cloud-service
//!             cloud-gateway
//!             cloud-client
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use test_harness::trial;

use crate::support::workspace;

/// What a service of the emulated cloud may depend on: not on another one.
const OF_A_SERVICE: &[&str] = &[
    "cloud-service",
    "cloud-gateway",
    "cloud-client",
    "runtime",
    "drill",
];

/// Where the services of the emulated cloud are, a crate each; what puts the cloud together knows all of them.
const SERVICES: &str = "cloud-emulator/services";

/// What each other crate of the workspace may depend on.
const ALLOWED: [(&str, &[&str]); 16] = [
    ("drill", &[]),
    ("runtime", &["drill", "test-harness"]),
    (
        "cloud-emulator",
        &[
            "cloud-backends",
            "cloud-service",
            "cloud-gateway",
            "cloud-client",
            "runtime",
            "drill",
            "test-harness",
        ],
    ),
    ("cloud-client", &["runtime", "drill"]),
    ("cloud-gateway", &["cloud-client", "runtime", "drill"]),
    (
        "cloud-service",
        &["cloud-gateway", "cloud-client", "runtime", "drill"],
    ),
    (
        "cloud-backends",
        &["cloud-service", "cloud-client", "runtime", "drill"],
    ),
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
            "iot-steel-functions",
            "runtime",
            "drill",
            "test-harness",
        ],
    ),
    (
        "iot-steel-functions",
        &["cloud-emulator", "fleet-emulator", "runtime", "drill"],
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

/// The crates of the workspace, as cargo knows them.
fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let mut metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("no list of packages: {other}"),
    }
}

fn name(package: &Value) -> String {
    package["name"].as_str().expect("a name").to_owned()
}

/// The folder of each crate, from that of the workspace.
fn folders() -> Vec<(String, PathBuf)> {
    let folder = |package: &Value| {
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = manifest.parent().expect("it is in a folder");
        // By cargo without links and `..`.
        let workspace = workspace().canonicalize().expect("the workspace is there");
        let folder = folder.strip_prefix(workspace).expect("it is in the workspace");
        (name(package), folder.to_owned())
    };
    packages().iter().map(folder).collect()
}

trial!(arrows_point_down_only);
fn arrows_point_down_only() {
    let packages = packages();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let services: BTreeSet<String> = folders()
        .into_iter()
        .filter(|(_, folder)| folder.starts_with(SERVICES))
        .map(|(name, _)| name)
        .collect();
    let known: BTreeSet<String> = ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let others: BTreeSet<String> = ours.difference(&services).cloned().collect();
    assert_eq!(others, known, "a crate that is not in the picture");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    for package in &packages {
        // Those of tests and of build scripts as well: they are arrows, too.
        let dependencies = package["dependencies"]
            .as_array()
            .expect("a list of dependencies");
        let known: BTreeSet<String> = dependencies
            .iter()
            .map(name)
            .filter(|name| ours.contains(name))
            .collect();
        let of_crate = allowed.get(&*name(package)).copied().unwrap_or(OF_A_SERVICE);
        let mut allowed: BTreeSet<String> = of_crate.iter().map(|name| (*name).to_owned()).collect();
        if name(package) == "cloud-emulator" {
            allowed.extend(services.iter().cloned());
        }
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

/// Every place in which a child is started, how often, and what keeps a drill's own programs from deciding what it does.
/// Another one needs an answer to that, and a test.
const CHILDREN: [(&str, usize, &str); 18] = [
    (
        "cloud-emulator/backends/src/localstack/mod.rs",
        1,
        "this program again, with arguments of its own: the remover",
    ),
    (
        "cloud-emulator/services/iot/src/parent.rs",
        1,
        "this program again, with arguments of its own: the broker",
    ),
    (
        "cloud-emulator/services/lambda/src/exec/launch.rs",
        2,
        "sandboxed; bare if the user wants that, or if it is ours and no sandbox can be made",
    ),
    (
        "cloud-emulator/services/lambda/src/exec/python.rs",
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
        "runtime/src/supervisor/program.rs",
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
    (
        "simulator/src/programs.rs",
        1,
        "sandboxed, unless the user wants it otherwise; only a build with an interpreter has programs",
    ),
];

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
    for (_, folder) in folders()
        .into_iter()
        .filter(|(name, _)| name != FOR_TESTS && name != "fuzz")
    {
        for file in sources(&workspace().join(folder).join("src")) {
            let starts = starts(&std::fs::read_to_string(&file).expect("it can be read"));
            if starts > 0 {
                let place = file.strip_prefix(workspace()).expect("it is below");
                found.insert(place.to_string_lossy().into_owned(), starts);
            }
        }
    }
    let known = CHILDREN.iter().map(|(place, starts, _)| (*place, *starts));
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
fn sources(folder: &Path) -> Vec<PathBuf> {
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
    for (name, folder) in folders() {
        let source = workspace().join(folder).join("src");
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
