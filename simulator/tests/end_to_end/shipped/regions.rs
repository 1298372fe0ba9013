//! A region is lost while a bad version is live; a region turns grey, then dies.

use drill::journal::{AuditId, Event};
use drill::report::{Metric, Verdict};
use drill::units::DrillTime;
use test_harness::trial;

use super::{assert_adds_up, compared, few_objects, missed};
use crate::support::run::{data, objective};
use crate::support::{Run, Scenario};

fn lost_during_bad_deploy() -> Scenario {
    few_objects(Scenario::shipped("region-lost-during-bad-deploy"))
        .with("devices: 2000", "devices: 80")
        // Under the bad version every batch starts a process that fails.
        .with("batch: {max: 500, window: 10s}", "batch: {max: 500, window: 40s}")
        .with(
            "sample: 20, verify: sha256, pass: 19 of 20",
            "sample: 5, verify: sha256, pass: 4 of 5",
        )
        .with_each(2, "rto: 8h, rpo: 4h", "rto: 1h, rpo: 15m")
        .with("validation, rto: 8h", "validation, rto: 1h")
        .with("bucket: programs, every: 5m}", "bucket: programs, every: 30s}")
        .with_each(3, "lag: {p50: 20s, p99: 10m}", "lag: {p50: 20s, p99: 2m}")
        .with("at: 8h20m", "at: 32m")
        .with("at: 8h30m", "at: 42m")
        .with("takes: {p50: 5m, p95: 10m}", "takes: {p50: 2m, p95: 4m}")
        .with("takes: {p50: 25m, p95: 40m}", "takes: {p50: 5m, p95: 8m}")
        .with("takes: {p50: 10m, p95: 30m}", "takes: {p50: 2m, p95: 5m}")
        .with("observe_for: 20m", "observe_for: 12m")
        .with("give_up: 10h", "give_up: 75m")
}

trial!(
    a_region_lost_during_a_bad_deploy_comes_back_with_the_version_before,
    slow
);
fn a_region_lost_during_a_bad_deploy_comes_back_with_the_version_before() {
    let run = Run::execute(&lost_during_bad_deploy());
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
}

trial!(without_the_rollback_a_failover_meets_the_same_bad_version, slow);
/// The runbook of the region alone: it brings programs back, and the function that is live there is as bad.
fn without_the_rollback_a_failover_meets_the_same_bad_version() {
    let run = Run::execute(&lost_during_bad_deploy().without("id: rollback,"));
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    assert!(
        missed(&report).contains(&("telemetry", Metric::Rto)),
        "{:#?}",
        report.reasons
    );
    // The bad version is in service at the end.
    let version = ("*", Metric::Protection);
    assert!(
        missed(&report)
            .iter()
            .all(|missed| missed.0 == "telemetry" || *missed == version),
        "{:?}",
        missed(&report)
    );
}

/// Ten minutes of grey, with an RPO of five.
fn grey() -> Scenario {
    few_objects(Scenario::shipped("grey-region"))
        .with("devices: 2000", "devices: 80")
        .with(
            "sample: 20, verify: sha256, pass: 14 of 20",
            "sample: 10, verify: sha256, pass: 4 of 10",
        )
        .with("rto: 8h, rpo: 15m", "rto: 1h, rpo: 5m")
        .with("telemetry-path, rto: 8h", "telemetry-path, rto: 1h")
        .with("bucket: programs, every: 30s}", "bucket: programs, every: 10s}")
        .with("batch: {max: 500, window: 10s}", "batch: {max: 500, window: 20s}")
        .with_each(2, "lag: {p50: 20s, p99: 10m}", "lag: {p50: 5s, p99: 30s}")
        .with("at: 60m", "at: 15m")
        .with("at: 105m", "at: 25m")
        .with("takes: {p50: 5m, p95: 10m}", "takes: {p50: 2m, p95: 4m}")
        .with("takes: {p50: 25m, p95: 40m}", "takes: {p50: 5m, p95: 8m}")
        .with("give_up: 9h", "give_up: 75m")
}

trial!(
    a_grey_region_fails_its_rpo_alone_by_what_it_acknowledged_meanwhile,
    slow
);
fn a_grey_region_fails_its_rpo_alone_by_what_it_acknowledged_meanwhile() {
    let run = Run::execute(&grey());
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    assert_eq!(missed(&report), [("program-delivery", Metric::Rpo)]);
    // What was written from 15m to 25m has no copy, and a little of what was written before.
    let (grey, dead) = (DrillTime::from_secs(900), DrillTime::from_secs(1500));
    let acknowledged = run.acknowledged_before("programs", dead);
    let meanwhile = acknowledged.iter().filter(|write| write.produced >= grey).count() as u64;
    let programs = data(&report, "programs");
    assert!(
        (meanwhile..meanwhile + 12).contains(&programs.lost),
        "{meanwhile}: {programs:?}"
    );
    let rpa = objective(&report, "program-delivery", Metric::Rpo)
        .actual_s
        .expect("older writes survived");
    assert!((585.0..700.0).contains(&rpa), "{rpa}");
    // They lie in the region that died, and nowhere else.
    let compared = compared(&run, AuditId::A, "programs");
    assert_eq!(
        (compared.region.as_str(), compared.only_there),
        ("backup", programs.lost),
        "{compared:?}"
    );
    // The target that the plan states elsewhere would have passed, and a finding says so.
    let hidden = report
        .findings
        .iter()
        .find(|finding| finding.text.contains("4h (plan:42)"));
    assert!(hidden.is_some(), "{:#?}", report.findings);
}

trial!(without_the_grey_minutes_the_same_region_passes, slow);
/// The same death without the ten minutes before: copies were made, and the target is met.
fn without_the_grey_minutes_the_same_region_passes() {
    let run = Run::execute(&grey().without("form: grey"));
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
}

trial!(without_its_failover_a_dead_region_stays_dead, slow);
/// Nothing leads to the region that could take over.
fn without_its_failover_a_dead_region_stays_dead() {
    // How late a busy machine may have been is far less than what the hour is exceeded by.
    let run = Run::execute(&grey().without("id: names,").with("give_up: 75m", "give_up: 110m"));
    let report = run.assert_verdict(Verdict::Fail);
    for service in ["program-delivery", "telemetry"] {
        assert!(
            missed(&report).contains(&(service, Metric::Rto)),
            "{:#?}",
            report.reasons
        );
    }
    let moved = run
        .journal()
        .events()
        .any(|(_, event)| matches!(event, Event::NameMoved { .. }));
    assert!(!moved);
}
