//! `scenarios/hello.yaml`, the first drill that a newcomer runs, as it ships.

use drill::report::{Metric, Verdict};
use test_harness::trial;

use super::{assert_adds_up, missed};
use crate::support::run::objective;
use crate::support::{Run, Scenario, workspace};

fn hello() -> Scenario {
    let file = workspace().join("scenarios/hello.yaml");
    Scenario::written(std::fs::read_to_string(file).expect("it ships"))
}

trial!(hello_recovers_every_object_in_time);
fn hello_recovers_every_object_in_time() {
    let run = Run::with(&hello(), &["--speed", "720"]);
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

trial!(hello_without_its_restore_misses_both_targets);
fn hello_without_its_restore_misses_both_targets() {
    let twin = hello().without("s3.restore_versions").with("mtd: 2h", "mtd: 40m");
    let run = Run::with(&twin, &["--speed", "720"]);
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    let missed = missed(&report);
    for metric in [Metric::Rto, Metric::Rpo] {
        assert!(missed.contains(&("downloads", metric)), "{missed:?}");
    }
}
