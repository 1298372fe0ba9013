//! A region is lost and comes back: what was lost is what the lags say, and at the end both regions hold the same.

use std::collections::BTreeSet;

use drill::audit::Found;
use drill::draw::Draws;
use drill::journal::AuditId;
use drill::ledger::Write;
use drill::report::{Metric, Verdict};
use drill::units::{DrillTime, Span};
use test_harness::trial;

use super::{assert_adds_up, compared, few_objects, missed};
use crate::support::run::{data, objective};
use crate::support::{Run, Scenario};

/// When the region is lost.
const LOST: DrillTime = DrillTime::from_secs(22 * 60);

/// The median and the 99th percentile of the lag.
const LAG: (Span, Span) = (Span::from_secs(20), Span::from_mins(2));

fn scenario() -> Scenario {
    few_objects(Scenario::shipped("region-failure"))
        .with("devices: 2000", "devices: 200")
        .with("batch: {max: 500, window: 10s}", "batch: {max: 500, window: 20s}")
        .with(
            "sample: 20, verify: sha256, pass: 19 of 20",
            "sample: 5, verify: sha256, pass: 4 of 5",
        )
        .with_each(2, "rto: 8h, rpo: 4h", "rto: 35m, rpo: 10m")
        .with("validation, rto: 8h", "validation, rto: 35m")
        .with_each(3, "lag: {p50: 20s, p99: 10m}", "lag: {p50: 20s, p99: 2m}")
        .with("bucket: programs, every: 1m}", "bucket: programs, every: 10s}")
        .with("at: 8h20m", "at: 22m")
        .with("region: primary, for: 6h", "region: primary, for: 50m")
        .with("takes: {p50: 5m, p95: 10m}", "takes: {p50: 2m, p95: 4m}")
        .with("takes: {p50: 25m, p95: 40m}", "takes: {p50: 5m, p95: 8m}")
        .with("do: wait, for: 6h", "do: wait, for: 40m")
        .with("observe_for: 20m", "observe_for: 12m")
        .with("give_up: 11h", "give_up: 3h")
}

trial!(a_region_that_is_lost_comes_back_with_everything, slow);
fn a_region_that_is_lost_comes_back_with_everything() {
    let run = Run::execute(&scenario());
    let report = run.assert_verdict(Verdict::Pass);
    assert_adds_up(&report);
    losses_are_those_of_the_lags(&run);
    both_regions_hold_the_same(&run);
}

/// When the copy of a write is due at the soonest and at the latest: the seed draws its lag, and the store took the write
/// at some time between its production and its acknowledgement.
fn due(write: &Write, seed: u64) -> (DrillTime, DrillTime) {
    let draws = Draws::new(seed, &format!("replication/programs/{}", write.key));
    let lag = draws.lognormal(0, LAG.0, LAG.1);
    let acknowledged = write.acknowledged.expect("it was acknowledged");
    (write.produced + lag, acknowledged + lag)
}

/// The writes whose copies were not yet due when the region was lost are those that audit A misses, no more and no
/// less, and audit B finds them again.
#[track_caller]
fn losses_are_those_of_the_lags(run: &Run) {
    let report = run.report();
    let acknowledged = run.acknowledged_before("programs", LOST);
    let written = acknowledged
        .iter()
        .filter(|write| write.produced >= DrillTime::ZERO);
    // The region goes at some time between these, and which side of that some copies fell on is open.
    let lost_by = run.injected("region.outage");
    let is_close = |write: &&Write| {
        let (soonest, latest) = due(write, report.seed);
        latest > LOST && soonest <= lost_by
    };
    let (close, clear): (Vec<&Write>, Vec<&Write>) = written.partition(is_close);
    let doomed: BTreeSet<&str> = clear
        .iter()
        .filter(|write| due(write, report.seed).0 > lost_by)
        .map(|write| write.key.as_str())
        .collect();
    let found = run.found(AuditId::A, "programs");
    let lost: BTreeSet<&str> = clear
        .iter()
        .filter(|write| found[&write.key] == Found::Missing)
        .map(|write| write.key.as_str())
        .collect();
    assert!(
        !doomed.is_empty(),
        "no lag reaches over the loss: nothing is tested"
    );
    assert_eq!(lost, doomed, "what is lost, and what is drawn to be");

    let programs = data(&report, "programs");
    assert!(
        programs.lost >= lost.len() as u64 && programs.lost <= (lost.len() + close.len()) as u64,
        "{programs:?}"
    );
    assert_eq!(
        programs.lost_by_hop.keys().collect::<Vec<_>>(),
        ["replica"],
        "{programs:?}"
    );
    assert_eq!(
        (programs.recovered_later, programs.lost_in_failback),
        (programs.lost, 0),
        "{programs:?}"
    );
    let all = acknowledged
        .iter()
        .filter(|write| found[&write.key] == Found::Missing);
    let oldest = all.map(|write| write.produced).min().expect("some are lost");
    let rpa = LOST.since(oldest).as_secs_f64();
    let actual = objective(&report, "program-delivery", Metric::Rpo).actual_s;
    assert!(
        actual.is_some_and(|actual| (actual - rpa).abs() < 0.001),
        "{actual:?} instead of {rpa}"
    );
}

/// Home again, and everything that was ever acknowledged is there as it was written; the other region has the same, but
/// for what is on its way there.
#[track_caller]
fn both_regions_hold_the_same(run: &Run) {
    for bucket in ["programs", "telemetry"] {
        let compared = compared(run, AuditId::B, bucket);
        assert_eq!(
            (compared.region.as_str(), compared.other.as_str()),
            ("primary", "backup")
        );
        assert_eq!((compared.only_there, compared.differing), (0, 0), "{compared:?}");
        assert!(
            compared.same > 100 && compared.only_here <= compared.pending,
            "{compared:?}"
        );
    }
    let found = run.found(AuditId::B, "programs");
    let written = run.acknowledged_before("programs", run.cut(AuditId::B));
    for write in &written {
        let whole = matches!(&found[&write.key], Found::Body { digest, .. } if *digest == write.digest);
        assert!(whole, "{}: {:?}", write.key, found[&write.key]);
    }
    assert_eq!(data(&run.report(), "telemetry").lost_in_failback, 0);
}

trial!(
    without_its_failover_the_region_takes_longer_than_its_targets,
    slow
);
/// No name points to the region that could take over, so that everything waits for the one that was lost.
fn without_its_failover_the_region_takes_longer_than_its_targets() {
    let run = Run::execute(&scenario().without("id: names,"));
    let report = run.assert_verdict(Verdict::Fail);
    assert_adds_up(&report);
    for service in ["program-delivery", "telemetry", "validation"] {
        assert!(
            missed(&report).contains(&(service, Metric::Rto)),
            "{:?}",
            missed(&report)
        );
    }
}
