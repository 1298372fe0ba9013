//! A bucket is damaged; a bad version of a function goes live.

use drill::report::{Metric, Verdict};
use test_harness::trial;

use super::{assert_adds_up, few_objects, missed};
use crate::support::run::data;
use crate::support::{Run, Scenario};

fn bucket_loss() -> Scenario {
    few_objects(Scenario::shipped("s3-bucket-loss"))
        .with("devices: 1000", "devices: 60")
        .with(
            "sample: 20, verify: sha256, pass: 20 of 20",
            "sample: 5, verify: sha256, pass: 5 of 5",
        )
        .with("programs,  rto: 1h, rpo: 15m", "programs,  rto: 20m, rpo: 3m")
        .with("telemetry, rto: 1h, rpo: 15m", "telemetry, rto: 20m, rpo: 4m")
        .with_each(2, "lag: {p50: 20s, p99: 10m}", "lag: {p50: 1s, p99: 4s}")
        .with("bucket: programs, every: 30s}", "bucket: programs, every: 9s}")
        .with("hold: 10m", "hold: 1m")
        .with("observe_for: 10m", "observe_for: 6m")
        .with_each(2, "at: 35m", "at: 9m")
        .with("takes: {p50: 5m, p95: 15m}", "takes: {p50: 2m, p95: 4m}")
        .with("give_up: 3h", "give_up: 45m")
}

trial!(a_damaged_bucket_is_recovered_by_content);
fn a_damaged_bucket_is_recovered_by_content() {
    let run = Run::execute(&bucket_loss());
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    assert!(run.targets("s3.delete_objects").len() > 30 && !run.targets("s3.corrupt_objects").is_empty());
    assert_eq!(data(&report, "programs").corrupted, 0);
}

trial!(without_the_restore_a_damaged_bucket_fails_on_both_its_targets);
fn without_the_restore_a_damaged_bucket_fails_on_both_its_targets() {
    let run = Run::execute(&bucket_loss().without("id: restore,"));
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    let programs = "program-delivery";
    assert_eq!(
        missed(&report),
        [(programs, Metric::Rto), (programs, Metric::Rpo)]
    );
}

fn bad_version() -> Scenario {
    few_objects(Scenario::shipped("lambda-failure"))
        .with("devices: 1000", "devices: 60")
        .with(
            "sample: 20, verify: sha256, pass: 20 of 20",
            "sample: 5, verify: sha256, pass: 5 of 5",
        )
        // Under the bad version every batch starts a process that fails.
        .with("batch: {max: 500, window: 10s}", "batch: {max: 500, window: 30s}")
        .with("rto: 30m, rpo: 5m", "rto: 15m, rpo: 4m")
        .with("rto: 30m, rpo: 15m", "rto: 15m, rpo: 3m")
        .with("bucket: programs, every: 30s}", "bucket: programs, every: 9s}")
        .with("hold: 10m", "hold: 1m")
        .with("observe_for: 10m", "observe_for: 6m")
        .with("at: 35m", "at: 9m")
        .with("takes: {p50: 3m, p95: 8m}", "takes: {p50: 1m, p95: 2m}")
        .with("give_up: 3h", "give_up: 19m")
}

trial!(a_bad_version_is_rolled_back_and_what_failed_is_replayed);
/// Every batch that the bad version could not take comes late, and none is lost.
fn a_bad_version_is_rolled_back_and_what_failed_is_replayed() {
    let run = Run::execute(&bad_version());
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    let telemetry = data(&report, "telemetry");
    assert!(telemetry.lost == 0 && telemetry.delayed > 100, "{telemetry:?}");
}

trial!(without_the_rollback_telemetry_stays_away);
fn without_the_rollback_telemetry_stays_away() {
    let run = Run::execute(&bad_version().without("id: rollback,"));
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    // The bad version is in service at the end.
    assert_eq!(
        missed(&report),
        [
            ("telemetry", Metric::Rto),
            ("telemetry", Metric::Rpo),
            ("*", Metric::Protection)
        ]
    );
}

trial!(without_the_replay_what_failed_stays_lost);
fn without_the_replay_what_failed_stays_lost() {
    let run = Run::execute(&bad_version().without("id: replay,"));
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    assert_eq!(missed(&report), [("telemetry", Metric::Rpo)]);
    let telemetry = data(&report, "telemetry");
    assert_eq!(
        telemetry.lost_by_hop.keys().collect::<Vec<_>>(),
        ["function"],
        "{telemetry:?}"
    );
}
