//! `firedrill doctor`: what it says of this machine, and of a machine that lacks things.

use std::os::unix::net::UnixListener;

use serde_json::Value;
use test_harness::trial;

use crate::support::program::{Ended, Program};
use crate::support::{Sandbox, namespaces};

/// What must be said of everything, in this order; the kernel need not track connections.
const CHECKS: [&str; 14] = [
    "open files",
    "loopback ports",
    "processors",
    "memory",
    "disk",
    "child processes",
    "sandbox",
    "Landlock",
    "control groups",
    "aws",
    "python3",
    "boto3",
    "Docker engine",
    "LocalStack image",
];

fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).expect("it is JSON")
}

/// The state of a check, and what was found.
fn check<'a>(document: &'a Value, name: &str) -> (&'a str, &'a str) {
    let checks = document["checks"].as_array().expect("a list of checks");
    let found = checks.iter().find(|check| check["name"] == name);
    let found = found.unwrap_or_else(|| panic!("nothing is said of {name}: {document:#}"));
    let text = |field: &str| found[field].as_str().expect("a text");
    assert!(
        !text("needed_for").is_empty() && !text("how_to_get").is_empty(),
        "{name}"
    );
    (text("state"), text("found"))
}

trial!(everything_is_looked_at_and_drills_can_run_here);
fn everything_is_looked_at_and_drills_can_run_here() {
    let sandbox = Sandbox::new();
    let ended = sandbox.firedrill(["doctor", "--json"]).output();
    ended.assert_code(0);
    let document = document(&ended);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["can_drill"], true);
    let mut names: Vec<&str> = document["checks"]
        .as_array()
        .expect("a list of checks")
        .iter()
        .filter_map(|check| check["name"].as_str())
        .collect();
    names.retain(|name| *name != "connection tracking");
    assert_eq!(names, CHECKS);
    for name in ["open files", "loopback ports", "child processes"] {
        assert_ne!(check(&document, name).0, "missing", "{name}");
    }
    if namespaces() {
        assert_eq!(check(&document, "sandbox").0, "ok");
    }
    // What functions run with, whether it is there or not.
    let (state, found) = check(&document, "boto3");
    match state {
        "ok" => assert!(found.starts_with("boto3 1."), "{found}"),
        _ => assert!(found.contains("boto3") || found == "not in PATH", "{found}"),
    }
    assert!(sandbox.names().is_empty(), "it leaves nothing behind");
    sandbox.assert_no_process_left();
}

trial!(what_is_missing_is_named_with_how_to_get_it_and_is_no_error);
fn what_is_missing_is_named_with_how_to_get_it_and_is_no_error() {
    let sandbox = Sandbox::new();
    let nowhere = |arguments: &[&str]| {
        sandbox
            .firedrill(arguments)
            .env("PATH", "")
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .output()
    };
    let ended = nowhere(&["doctor", "--json"]);
    let document = document(ended.assert_code(0));
    assert_eq!(document["can_drill"], true);
    assert_eq!(check(&document, "aws"), ("missing", "not in PATH"));
    let (state, found) = check(&document, "Docker engine");
    assert_eq!(state, "missing");
    assert!(found.contains("unix:///nowhere/docker.sock"), "{found}");
    assert_eq!(check(&document, "LocalStack image").0, "missing");

    let ended = nowhere(&["doctor"]);
    ended.assert_code(0);
    for text in [
        "How to get more out of this machine:",
        "aws: pip install awscli",
        "LocalStack image: docker pull localstack/localstack:",
        "Drills on the embedded cloud can run here.",
    ] {
        assert!(ended.stdout.contains(text), "{text} is not in\n{}", ended.stdout);
    }
    sandbox.assert_no_process_left();
}

trial!(an_engine_that_does_not_answer_times_out);
fn an_engine_that_does_not_answer_times_out() {
    let sandbox = Sandbox::new();
    let socket = sandbox.path().join("docker.sock");
    let _silent = UnixListener::bind(&socket).expect("a socket");
    let ended = sandbox
        .firedrill(["doctor", "--json"])
        .env("DOCKER_HOST", &format!("unix://{}", socket.display()))
        .output();
    let document = document(ended.assert_code(0));
    let (state, found) = check(&document, "Docker engine");
    assert_eq!(state, "missing");
    assert!(found.contains("no answer within"), "{found}");
}

trial!(too_few_open_files_keep_every_drill_from_running);
fn too_few_open_files_keep_every_drill_from_running() {
    let sandbox = Sandbox::new();
    let ended = Program::with_open_files(64, sandbox.path(), ["doctor", "--json"]).output();
    let document = document(ended.assert_code(4));
    assert_eq!(document["can_drill"], false);
    let (state, found) = check(&document, "open files");
    assert_eq!(state, "missing");
    assert!(found.starts_with("64 for a process"), "{found}");
    assert_eq!(
        ended.stderr.lines().last(),
        Some("firedrill: this machine cannot run a drill yet: open files"),
    );
    let ended = Program::with_open_files(64, sandbox.path(), ["doctor"]).output();
    ended.assert_code(4);
    assert!(
        ended.stdout.contains("open files: raise the hard limit") && !ended.stdout.contains("can run here"),
        "{}",
        ended.stdout
    );
    sandbox.assert_no_process_left();
}
