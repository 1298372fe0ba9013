//! `firedrill forecast`: from a scenario, and drills of it, to how likely its plan is to work. It computes all the time, so
//! that few other tests run beside these.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use test_harness::trial;

use crate::support::program::Ended;
use crate::support::{Run, Sandbox, Scenario};

fn with(scenario: &Scenario) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.scenario(scenario);
    sandbox
}

fn asked(sandbox: &Sandbox, options: &[&str]) -> Ended {
    let threads: &[&str] = if options.contains(&"--threads") {
        &[]
    } else {
        // Drills of other tests need the other processor.
        &["--threads", "1"]
    };
    let arguments = ["forecast", "scenario.yaml"].iter().chain(options).chain(threads);
    sandbox.firedrill(arguments).output()
}

fn study(folder: &Path) -> Value {
    let bytes = fs::read(folder.join("forecast.json")).expect("the forecast was written");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

/// The RTO of the first service.
fn rto(study: &Value) -> &Value {
    let targets = study["targets"].as_array().expect("targets");
    let found = targets.iter().find(|target| target["metric"] == "rto");
    found.expect("there is an RTO")
}

fn median(target: &Value) -> f64 {
    let quantiles = target["figure"]["quantiles"].as_array().expect("quantiles");
    let found = quantiles.iter().find(|quantile| quantile["percent"] == 50);
    found
        .and_then(|quantile| quantile["value_s"].as_f64())
        .expect("a median")
}

trial!(one_command_says_how_likely_a_plan_is_to_work, heavy);
fn one_command_says_how_likely_a_plan_is_to_work() {
    let sandbox = with(&Scenario::hello().with("rto: 30m", "rto: 8m"));
    let options = ["--runs", "2000", "--out", "study", "--charts", "charts"];
    let ended = asked(&sandbox, &options);
    ended.assert_code(0);
    assert!(
        ended.stdout.contains("downloads RTO 8m: met in ") && ended.stdout.contains("modelled"),
        "{}",
        ended.stdout
    );
    let found = study(&sandbox.path().join("study"));
    assert_eq!(
        (&found["runs"], &found["complete"]),
        (&2_000.into(), &true.into())
    );
    // Detection and the rounds of the probe take three minutes of the eight; a person half the time less than five.
    let chance = rto(&found)["chance"].as_f64().expect("a chance");
    assert!((0.4..0.6).contains(&chance), "{chance}");
    assert!(ended.stdout.contains("halve declare"), "{}", ended.stdout);
    for file in ["study/forecast.html", "study/forecast.csv"] {
        assert!(sandbox.path().join(file).is_file(), "{file}");
    }
    let charts = fs::read_dir(sandbox.path().join("charts"))
        .expect("a folder")
        .count();
    assert!(charts >= 3, "{charts} charts");
}

trial!(the_same_seed_gives_the_same_bytes_whatever_runs_it, heavy);
fn the_same_seed_gives_the_same_bytes_whatever_runs_it() {
    let sandbox = with(&Scenario::fleet());
    for threads in ["1", "2"] {
        asked(
            &sandbox,
            &[
                "--runs",
                "150",
                "--seed",
                "7",
                "--threads",
                threads,
                "--out",
                threads,
            ],
        )
        .assert_code(0);
    }
    for file in ["forecast.json", "forecast.csv", "forecast.html"] {
        let [one, two] = ["1", "2"]
            .map(|folder| fs::read(sandbox.path().join(folder).join(file)).expect("it was written"));
        assert!(one == two, "{file} depends on the number of threads");
    }
}

const SCRIPT: &str = "  - {id: script, do: shell, run: \"exit 3\"}\n";

trial!(
    what_cannot_be_forecast_is_told_with_its_line_and_what_would_help,
    heavy
);
fn what_cannot_be_forecast_is_told_with_its_line_and_what_would_help() {
    let scenario = Scenario::written(format!("{}{SCRIPT}", Scenario::hello().text()));
    let line = scenario.text().lines().count();
    let sandbox = with(&scenario);
    let ended = asked(&sandbox, &[]);
    ended.assert_code(2);
    let expected = format!("scenario.yaml:{line}: step script runs commands of your own");
    assert!(
        ended.stderr.contains(&expected) && ended.stderr.contains("--calibrate"),
        "{}",
        ended.stderr
    );
    for (options, expected) in [
        (
            ["--until-ci", "1"],
            "--until-ci 1: allowed: from 0.05% to 50%, as 1%",
        ),
        (["--phase", "never"], "--phase never: allowed: random, written"),
        (["--runs", "0"], "--runs"),
        (["--runs", "10000000"], "--runs"),
        (["--durations", "p99"], "--durations"),
        (["--calibrate", "nowhere"], "nowhere"),
    ] {
        let ended = asked(&sandbox, &options);
        ended.assert_code(2);
        assert!(ended.stderr.contains(expected), "{options:?}: {}", ended.stderr);
    }
    assert!(!sandbox.path().join("runs").exists(), "nothing was begun");
    // With a duration it is taken to work, and that is said.
    sandbox.scenario(&Scenario::written(format!(
        "{}{}",
        Scenario::hello().text(),
        SCRIPT.replace("exit 3\"", "exit 3\", takes: {p50: 1m, p95: 2m}")
    )));
    let ended = asked(&sandbox, &["--runs", "50"]);
    ended.assert_code(0);
    assert!(
        ended.stdout.contains("step script runs commands of your own"),
        "{}",
        ended.stdout
    );
}

trial!(a_drill_tells_what_its_scripts_do, heavy);
/// A script that fails in a drill fails in the forecast that the drill calibrates.
fn a_drill_tells_what_its_scripts_do() {
    let scenario = Scenario::written(format!("{}{SCRIPT}", Scenario::hello().text()));
    let run = Run::with(&scenario, &["--speed", "720"]);
    let drilled = run.report();
    let calibrate = run.folder.to_str().expect("a path in UTF-8");
    let options = [
        "--runs",
        "200",
        "--calibrate",
        calibrate,
        "--durations",
        "p95",
        "--phase",
        "written",
        "--out",
        "study",
    ];
    asked(&run.sandbox, &options).assert_code(0);
    let found = study(&run.sandbox.path().join("study"));
    let durations = found["durations"].as_array().expect("durations");
    let script = durations
        .iter()
        .find(|duration| duration["name"] == "script")
        .expect("the step");
    assert_eq!(script["failed"], 200, "{script}");
    let live = drilled.objectives[0].actual_s.expect("it was back");
    let modelled = median(rto(&found));
    assert!(
        (live - modelled).abs() <= 30.5,
        "{live} live, {modelled} forecast: a round of the probe apart at most"
    );
    // Beside the outcome of the drill stands its chance.
    let chance = drilled.objectives[0].chance.as_ref().expect("a chance");
    assert!(chance.runs == 1_000 && chance.met > 990, "{chance:?}");
    // A drill of another scenario tells nothing of this one.
    run.sandbox.scenario(&Scenario::written(
        scenario.text().replace("name: hello", "name: other"),
    ));
    let ended = asked(&run.sandbox, &["--calibrate", calibrate]);
    ended.assert_code(2);
    assert!(
        ended.stderr.contains("it is a drill of hello, and this is other"),
        "{}",
        ended.stderr
    );
}

trial!(an_interval_that_is_narrow_enough_ends_it, heavy);
fn an_interval_that_is_narrow_enough_ends_it() {
    let sandbox = with(&Scenario::hello().with("rto: 30m", "rto: 8m"));
    asked(&sandbox, &["--until-ci", "3%", "--out", "study"]).assert_code(0);
    let found = study(&sandbox.path().join("study"));
    let runs = found["runs"].as_u64().expect("a number");
    assert!((1_000..10_000).contains(&runs), "{runs}");
    for target in found["targets"].as_array().expect("targets") {
        let [low, high] = ["chance_low", "chance_high"].map(|end| target[end].as_f64().expect("a share"));
        assert!(high - low <= 0.06, "{target}");
    }
}

trial!(a_forecast_that_is_interrupted_tells_what_is_done, heavy);
fn a_forecast_that_is_interrupted_tells_what_is_done() {
    let sandbox = with(&Scenario::fleet());
    let arguments = [
        "forecast",
        "scenario.yaml",
        "--runs",
        "1000000",
        "--out",
        "study",
        "--threads",
        "1",
    ];
    let mut running = sandbox.firedrill(arguments).start();
    running.until("the number of disasters", |running| {
        running.stderr().contains("1000000 disasters").then_some(())
    });
    running.signal(Signal::INT);
    let ended = running.wait();
    ended.assert_code(130);
    let found = study(&sandbox.path().join("study"));
    assert_eq!(found["complete"], false);
    assert!(found["runs"].as_u64().is_some_and(|runs| runs < 1_000_000));
}
