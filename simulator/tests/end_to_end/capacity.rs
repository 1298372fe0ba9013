//! `firedrill capacity`: from a scenario to what must be bought. It computes all the time, so that few other tests run
//! beside these.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;
use test_harness::trial;

use crate::support::program::Ended;
use crate::support::{Sandbox, Scenario};

/// A small fleet's scenario, asked with these options.
fn asked(sandbox: &Sandbox, options: &[&str]) -> Ended {
    let threads: &[&str] = if options.contains(&"--threads") {
        &[]
    } else {
        // Drills of other tests need the other processor.
        &["--threads", "1"]
    };
    let arguments = ["capacity", "scenario.yaml"].iter().chain(options).chain(threads);
    sandbox.firedrill(arguments).output()
}

fn with_scenario() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::fleet());
    sandbox
}

fn study(sandbox: &Sandbox, folder: &str) -> Value {
    let bytes = fs::read(sandbox.path().join(folder).join("capacity.json")).expect("the study was written");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

trial!(one_command_says_what_a_million_devices_need, heavy);
fn one_command_says_what_a_million_devices_need() {
    let sandbox = with_scenario();
    let options = [
        "--devices",
        "1M",
        "--connects-per-second",
        "500",
        "--profile",
        "aws-full-jitter",
        "--target",
        "30m",
        "--out",
        "study",
        "--charts",
        "charts",
    ];
    let ended = asked(&sandbox, &options);
    ended.assert_code(0);
    assert!(
        ended
            .stdout
            .starts_with(" Not within 30m: 1,000,000 devices on 500 connects/s"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("no policy meets 30m: the quota alone takes 33m 19s"),
        "{}",
        ended.stdout
    );
    let study = study(&sandbox, "study");
    assert_eq!(study["advice"]["least_rate_of_any"], 556);
    let least = study["advice"]["least_rates"][0]["connects_per_second"]
        .as_u64()
        .expect("a quota");
    assert!((570..620).contains(&least), "{least}");
    for file in [
        "study/capacity.html",
        "study/capacity.csv",
        "charts/capacity-storm.svg",
    ] {
        assert!(sandbox.path().join(file).is_file(), "{file}");
    }
    // What was asked for is enough.
    let more = least.to_string();
    let ended = asked(
        &sandbox,
        &[
            "--devices",
            "1M",
            "--connects-per-second",
            &more,
            "--profile",
            "aws-full-jitter",
            "--target",
            "30m",
        ],
    );
    ended.assert_code(0);
    assert!(ended.stdout.starts_with(" Within 30m"), "{}", ended.stdout);
}

trial!(
    the_same_seed_gives_the_same_bytes_for_any_number_of_threads,
    heavy
);
fn the_same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let sandbox = with_scenario();
    let sweep = [
        "--devices",
        "1k..10k",
        "--connects-per-second",
        "50..200",
        "--jitter",
        "full,none",
        "--seed",
        "7",
    ];
    for threads in ["1", "2"] {
        let options = [&sweep[..], &["--threads", threads, "--out", threads]].concat();
        asked(&sandbox, &options).assert_code(0);
    }
    for file in ["capacity.json", "capacity.csv", "capacity.html"] {
        let [one, two] = ["1", "2"]
            .map(|folder| fs::read(sandbox.path().join(folder).join(file)).expect("it was written"));
        assert!(one == two, "{file} depends on the number of threads");
    }
    let study = study(&sandbox, "1");
    assert_eq!(study["points"].as_array().map(Vec::len), Some(4 * 3 * 2));
    assert_eq!(study["frontier"].as_array().map(Vec::len), Some(4 * 2));
}

trial!(what_cannot_be_studied_is_told_with_what_would_help, heavy);
fn what_cannot_be_studied_is_told_with_what_would_help() {
    let sandbox = with_scenario();
    let refused: [(&[&str], &str); 9] = [
        (
            &["--devices", "10..1"],
            "--devices \"10..1\": its end is below its beginning; allowed: a number",
        ),
        (
            &["--devices", "1..1G:1"],
            "these are 1000000000 values, and 1000 are the most",
        ),
        (
            &["--devices", "9G"],
            "--devices 9000000000: 8000000000 are the most",
        ),
        (
            &["--connects-per-second", "many"],
            "--connects-per-second \"many\": it is no number",
        ),
        (
            &["--profile", "esp"],
            "--profile esp: there is none of this name; allowed: esp-idf-default",
        ),
        (
            &["--jitter", "some"],
            "--jitter some: there is none of this name; allowed: none, full",
        ),
        (&["--cap", "1ms"], "a cap is at least that"),
        (
            &["--devices", "1..1k*1000", "--connects-per-second", "1..1k:10"],
            "storms (",
        ),
        (
            &["--jitter", "decorrelated", "--profile", "esp-aws-iot"],
            "gives up after some retries",
        ),
    ];
    for (options, expected) in refused {
        let ended = asked(&sandbox, options);
        ended.assert_code(2);
        assert!(ended.stderr.contains(expected), "{options:?}: {}", ended.stderr);
    }
    assert!(!sandbox.path().join("runs").exists(), "nothing was begun");
    sandbox.scenario(&Scenario::loss());
    let ended = asked(&sandbox, &[]);
    ended.assert_code(2);
    assert!(
        ended
            .stderr
            .contains("scenario.yaml: it has no fleet; --devices N says how many"),
        "{}",
        ended.stderr
    );
}

trial!(a_study_that_is_interrupted_tells_what_is_done, heavy);
fn a_study_that_is_interrupted_tells_what_is_done() {
    let sandbox = with_scenario();
    let options = [
        "--devices",
        "1k..1G*300",
        "--connects-per-second",
        "1..30:1",
        "--out",
        "study",
        "--threads",
        "1",
    ];
    let arguments = ["capacity", "scenario.yaml"].iter().chain(&options);
    let mut running = sandbox.firedrill(arguments).start();
    // It says how many there are before it begins.
    running.until("the number of storms", |running| {
        running.stderr().contains("9000 storms").then_some(())
    });
    running.signal(Signal::INT);
    let ended = running.wait();
    ended.assert_code(130);
    assert!(ended.stdout.contains("Interrupted"), "{}", ended.stdout);
    let study = study(&sandbox, "study");
    assert_eq!(study["complete"], false);
    assert!(
        study["points"]
            .as_array()
            .is_some_and(|points| points.len() < 9_000)
    );
}
