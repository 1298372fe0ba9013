//! `scenarios/hello.yaml`, the first drill that a newcomer runs, as it ships.

use drill::plan::Plan;
use drill::report::{Metric, Verdict};
use drill::scenario::Durations;
use test_harness::trial;

use super::{assert_adds_up, missed};
use crate::determinism::is_judged_to_the_same_bytes;
use crate::support::run::objective;
use crate::support::{Run, Scenario};

trial!(hello_recovers_every_object_in_time);
fn hello_recovers_every_object_in_time() {
    let run = Run::with(&Scenario::hello(), &["--speed", "720"]);
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    let rto = objective(&report, "downloads", Metric::Rto);
    // The person who decides takes ten minutes of it.
    assert!(rto.modelled_s >= 600.0 && rto.measured_s > 0.0, "{rto:?}");
    let [data] = &report.data[..] else {
        panic!("{:?}", report.data)
    };
    assert_eq!(
        (data.counted > 50, data.lost, data.rpa_s),
        (true, 0, Some(0.0)),
        "{data:?}"
    );
}

trial!(durations_of_the_command_line_are_those_that_are_drilled_and_reported);
fn durations_of_the_command_line_are_those_that_are_drilled_and_reported() {
    let arguments = ["--speed", "720", "--seed", "3", "--durations", "draw"];
    let run = Run::with(&Scenario::hello(), &arguments);
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    assert_eq!(report.durations, Durations::Draw);
    assert!(
        report
            .basis
            .text
            .contains("; durations of steps were drawn with the seed; "),
        "{}",
        report.basis.text
    );
    let parsed = drill::scenario::Scenario::parse("hello.yaml", Scenario::hello().text());
    let (mut drawn, _) = parsed.expect("it is right");
    drawn.clock.durations = Durations::Draw;
    let plan = Plan::new(&drawn, 3);
    assert_eq!(
        run.read("plan.json"),
        serde_json::to_vec_pretty(&plan).expect("JSON")
    );
    let takes = plan.takes("declare");
    let declare = report
        .steps
        .iter()
        .find(|step| step.id == "declare")
        .expect("a step");
    // A report tells milliseconds.
    let off = declare.modelled_s - takes.as_secs_f64();
    assert!(off.abs() < 0.002, "{takes}: {declare:?}");
    is_judged_to_the_same_bytes(&run.sandbox, &run.folder);
}

trial!(hello_without_its_restore_misses_both_targets);
fn hello_without_its_restore_misses_both_targets() {
    let twin = Scenario::hello()
        .without("s3.restore_versions")
        .with("mtd: 2h", "mtd: 40m");
    let run = Run::with(&twin, &["--speed", "720"]);
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    let missed = missed(&report);
    for metric in [Metric::Rto, Metric::Rpo] {
        assert!(missed.contains(&("downloads", metric)), "{missed:?}");
    }
}
