//! What bad input and a bad environment get: the documented exit code, what is wrong in words, and
//! nothing that was started or left.

use std::net::TcpListener;

use test_harness::trial;

use crate::support::program::{Ended, Program};
use crate::support::{Sandbox, Scenario};

/// A scenario that is wrong in several places at once.
fn wrong() -> Scenario {
    Scenario::loss()
        .with("rto: 10m", "rto: 10 minutes")
        .with("bucket: programs, every: 9s", "bucket: program, every: 9s")
        .with("do: s3.delete_objects", "do: s3.delete_object")
        .with("drain_timeout: 1m", "drain_timout: 1m")
        .with("fraction: 0.1", "fraction: 1.1")
}

/// Nothing was started, and nothing lies there that did not before.
#[track_caller]
fn assert_untouched(sandbox: &Sandbox, names: &[&str]) {
    assert_eq!(sandbox.names(), names);
    sandbox.assert_no_process_left();
}

fn run_in(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    sandbox
        .firedrill(["run", "scenario.yaml"].iter().chain(arguments))
        .output()
}

trial!(a_wrong_scenario_gets_every_error_at_once);
fn a_wrong_scenario_gets_every_error_at_once() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&wrong());
    for command in ["run", "check", "cloud"] {
        let ended = sandbox.firedrill([command, "scenario.yaml"]).output();
        ended.assert_code(2);
        assert_eq!(ended.stdout, "", "{command}");
        let lines: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("scenario.yaml:"))
            .collect();
        assert_eq!(lines.len(), 5, "{command}: {}", ended.stderr);
        // The field's path and the nearest name, each on its line of the file.
        for (path, hint) in [
            ("objectives.services.delivery.rto", "10m"),
            ("writers.programs.bucket", "programs"),
            ("faults[0].do", "s3.delete_objects"),
            ("drain_timout", "drain_timeout"),
            ("faults[1].fraction", "1"),
        ] {
            let said = lines.iter().find(|line| line.contains(path));
            let said = said.unwrap_or_else(|| panic!("{path} is not said to be wrong in\n{}", ended.stderr));
            assert!(said.contains(hint), "{said}");
            let line = said
                .split(':')
                .nth(1)
                .and_then(|number| number.parse::<usize>().ok());
            let text = wrong()
                .text()
                .lines()
                .nth(line.expect("a line's number") - 1)
                .expect("a line")
                .to_owned();
            let last = path.rsplit('.').next().expect("a field");
            assert!(text.contains(last), "{said} points to {text:?}");
        }
    }
    assert_untouched(&sandbox, &["scenario.yaml"]);
}

trial!(errors_of_a_scenario_do_not_hide_those_of_the_files_beside_it);
fn errors_of_a_scenario_do_not_hide_those_of_the_files_beside_it() {
    let sandbox = Sandbox::new();
    let step = "  - {id: own, do: shell, script: missing.sh}\n  - {id: protect";
    let scenario = Scenario::loss()
        .with("rto: 10m", "rto: 10 minutes")
        .with("  - {id: protect", step);
    sandbox.scenario(&scenario);
    for command in ["run", "check"] {
        let ended = sandbox.firedrill([command, "scenario.yaml"]).output();
        ended.assert_code(2);
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert!(
            lines.len() == 2 && lines[0].contains("delivery.rto") && lines[1].contains("missing.sh"),
            "{lines:#?}"
        );
    }
    assert_untouched(&sandbox, &["scenario.yaml"]);
}

trial!(what_is_no_scenario_is_refused);
fn what_is_no_scenario_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("picture.yaml", [0x89, b'P', b'N', b'G', 0, 0xff, 0xfe]);
    sandbox.write("list.yaml", "- one\n- two\n");
    sandbox.write("empty.yaml", "");
    for (file, word) in [
        ("none.yaml", "cannot be read"),
        ("picture.yaml", "UTF-8"),
        ("list.yaml", "list"),
        ("empty.yaml", "empty"),
    ] {
        let ended = sandbox.firedrill(["run", file]).output();
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.starts_with(file) && sentence.contains(word),
            "{sentence}"
        );
    }
    assert_untouched(&sandbox, &["empty.yaml", "list.yaml", "picture.yaml"]);
}

trial!(wrong_usage_is_refused);
fn wrong_usage_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss());
    for arguments in [
        &["run"][..],
        &["fly"],
        &["run", "scenario.yaml", "--speed", "0"],
        &["run", "scenario.yaml", "--speed", "fast"],
        &["run", "scenario.yaml", "--seed", "-1"],
        &["run", "scenario.yaml", "--durations", "p99"],
        &["run", "scenario.yaml", "--port", "70000"],
        &["cloud", "scenario.yaml", "--out", "x"],
        &[],
    ] {
        let ended = sandbox.firedrill(arguments).output();
        ended.assert_code(2);
        assert!(ended.stderr.contains("--help"), "{arguments:?}: {}", ended.stderr);
    }
    assert_untouched(&sandbox, &["scenario.yaml"]);
}

trial!(a_folder_that_cannot_be_written_is_refused);
/// Everything that is allowed is allowed to root, so these are folders that not even root can create.
fn a_folder_that_cannot_be_written_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss());
    sandbox.write("file", "text");
    for folder in ["file", "file/below", "/proc/run", "/dev/null", "."] {
        let ended = run_in(&sandbox, &["--out", folder]);
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.starts_with("--out: ") && sentence.contains(folder),
            "{sentence}"
        );
    }
    // Without `--out` it is `runs` that cannot be made.
    sandbox.write("runs", "a file");
    let ended = run_in(&sandbox, &[]);
    let sentence = ended.assert_code(4).one_sentence();
    assert!(sentence.contains("runs"), "{sentence}");
    assert_untouched(&sandbox, &["file", "runs", "scenario.yaml"]);
}

trial!(a_port_in_use_is_refused);
fn a_port_in_use_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::fleet());
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it has an address").port();
    for arguments in [
        ["run", "scenario.yaml", "--port"],
        ["cloud", "scenario.yaml", "--port"],
    ] {
        let ended = sandbox
            .firedrill(
                arguments
                    .iter()
                    .map(|a| (*a).to_owned())
                    .chain([port.to_string()]),
            )
            .output();
        let sentence = ended.assert_code(4).one_sentence();
        assert!(
            sentence.contains(&port.to_string()) && sentence.contains("in use"),
            "{sentence}"
        );
    }
    // The port of the second region counts as well.
    let first = (port - 1).to_string();
    let ended = run_in(&sandbox, &["--port", &first]);
    let sentence = ended.assert_code(4).one_sentence();
    assert!(sentence.contains("in use"), "{sentence}");
    assert_untouched(&sandbox, &["scenario.yaml"]);
}

trial!(too_few_open_files_are_reported);
fn too_few_open_files_are_reported() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::fleet());
    for command in ["run", "cloud"] {
        let ended = Program::with_open_files(100, sandbox.path(), [command, "scenario.yaml"]).output();
        let sentence = ended.assert_code(4).one_sentence();
        assert!(
            sentence.contains("open files") && sentence.contains("100"),
            "{sentence}"
        );
        assert!(sentence.contains("ulimit -n"), "it says what to do: {sentence}");
    }
    assert_untouched(&sandbox, &["scenario.yaml"]);
}
