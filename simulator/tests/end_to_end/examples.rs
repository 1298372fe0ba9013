//! The projects in `examples/`, drilled as their own CI drills them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use test_harness::trial;

use crate::support::program::Ended;
use crate::support::{Sandbox, installed, namespaces, workspace};

/// Every file that a project keeps beside its workflow.
const FILES: [&str; 3] = ["scenario.yaml", "restore.sh", "baseline.json"];

/// A copy of a project.
fn project(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    for file in FILES {
        let from = workspace().join("examples").join(name).join(file);
        let to = sandbox.write(file, fs::read(&from).expect("the example has it"));
        let mode = fs::metadata(&from).expect("it is there").permissions().mode();
        fs::set_permissions(to, PermissionsExt::from_mode(mode)).expect("it is ours");
    }
    sandbox
}

fn in_ci(sandbox: &Sandbox) -> Ended {
    let ended = sandbox
        .firedrill([
            "ci",
            "scenario.yaml",
            "--baseline",
            "baseline.json",
            "--repeat",
            "1",
        ])
        .output();
    sandbox.assert_no_process_left();
    ended
}

trial!(a_slower_step_fails_the_ci_of_the_example_and_is_named);
fn a_slower_step_fails_the_ci_of_the_example_and_is_named() {
    if !installed("aws") || !namespaces() {
        return;
    }
    let sandbox = project("order-archive");
    in_ci(&sandbox).assert_code(0);
    // 4 copies at once are 3: the same calls are made, more of them wait for one another, and the step takes 30 % longer.
    let script = sandbox.path().join("restore.sh");
    let text = fs::read_to_string(&script).expect("the script");
    let slower = text.replace("max_concurrent_requests 4", "max_concurrent_requests 3");
    assert_ne!(text, slower);
    fs::write(&script, slower).expect("it is ours");
    let ended = in_ci(&sandbox);
    ended.assert_code(1);
    assert!(ended.stdout.contains("step restore"), "{}", ended.stdout);
}
