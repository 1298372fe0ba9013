//! Recovery points that a formula gives.

use super::timing::lognormal_up_to;
use super::*;

const RESTORE: &str = "  - {id: declare, do: human, takes: {p50: 5m10s, p95: 5m10s}}\n  - {id: assess, do: s3.audit, \
                       bucket: files}\n  - {id: restore, do: s3.restore_objects, damaged: assess, from: {bucket: \
                       files, region: backup}}\n";
const FAILOVER: &str = "  - {id: declare, do: human, takes: {p50: 5m10s, p95: 5m10s}}\n  - {id: names, do: \
                        dns.failover, to: backup}\n";

fn lost(lag: &str) -> Parts {
    Parts {
        faults: "  - {at: 20m10s, do: region.outage}\n".to_owned(),
        ..replicated(lag, FAILOVER)
    }
}

/// Paused at 20m10s, and all of the bucket purged half an hour later.
fn paused(lag: &str) -> Parts {
    Parts {
        faults: "  - {at: 20m10s, do: s3.pause_replication, bucket: files}\n  - {at: 50m10s, do: s3.delete_objects, \
                 bucket: files, fraction: 1, mode: purge}\n"
            .to_owned(),
        services: "    downloads: {probe: downloads, data: files, rto: 30m, rpo: 40m}\n".to_owned(),
        ..replicated(lag, RESTORE)
    }
}

/// Uniform between two bounds: 5 % and mean of so many runs.
#[track_caller]
fn assert_uniform(target: &Target, least: f64, most: f64) {
    let found = |percent| quantile(target, percent).unwrap();
    assert!(
        found(5) >= least && found(100) <= most,
        "{} {}",
        found(5),
        found(100)
    );
    let (width, mean) = (most - least, target.figure.mean_s.unwrap());
    assert!(
        (found(5) - least - width * 0.05).abs() < width * 0.04,
        "{}",
        found(5)
    );
    assert!((mean - (least + most) / 2.0).abs() < width * 0.05, "{mean}");
}

#[test]
fn object_below_a_delete_marker_is_not_lost() {
    let study = hello().runs(50);
    assert_always(rpo(&study), 0.0);
    assert_eq!(rpo(&study).unaffected, 50);
}

#[test]
fn lost_region_loses_unreplicated_writes() {
    // Of writes that come every 15 s those of the last 90 s have no copy; the oldest of them is anything from 75 s to
    // 90 s old. What is not acknowledged thereafter is no loss.
    let study = lost("{p50: 90s, p99: 90s}").runs(400);
    assert_uniform(rpo(&study), 75.0, 90.0);
}

#[test]
fn a_lone_loss_is_worth_one_interval() {
    // A write is younger than 12 s in 12 of 15 cases, and then the only one that is lost: 15 s. Else it is none.
    let study = lost("{p50: 12s, p99: 12s}").runs(1_000);
    let target = rpo(&study);
    let lone = 1_000 - target.unaffected;
    assert_eq!(
        (quantile(target, 5), quantile(target, 100)),
        (Some(0.0), Some(15.0))
    );
    let (low, high) = crate::plan::statistics::wilson(lone, 1_000);
    assert!((low..=high).contains(&(12.0 / 15.0)), "{lone}");
    assert!((target.figure.mean_s.unwrap() - 15.0 * lone as f64 / 1_000.0).abs() < 1e-6);
}

#[test]
fn keys_that_are_written_anew_are_not_lost() {
    let with = |keys: u64| {
        let mut parts = lost("{p50: 90s, p99: 90s}");
        parts.writers = parts
            .writers
            .replace("every: 15s", &format!("every: 15s, keys: {keys}"));
        parts.runs(100)
    };
    // Ten keys are written anew in 150 s, long before the audit five minutes later.
    assert_always(rpo(&with(10)), 0.0);
    // A thousand are not.
    let study = with(1_000);
    assert!(quantile(rpo(&study), 5).unwrap() >= 75.0);
}

#[test]
fn unnoticed_pause_reaches_back_to_the_first_write_without_a_copy() {
    // Copies that were due up to the pause were made: of writes older than 90 s then. So the oldest loss is 75 s to 90 s
    // older than the pause, and the purge is half an hour later.
    let study = paused("{p50: 90s, p99: 90s}").runs(400);
    assert_uniform(rpo(&study), 1_875.0, 1_890.0);
    assert_eq!(rpo(&study).met, 400);
}

#[test]
fn a_pause_reaches_back_as_far_as_the_lag_is_long() {
    // Within 40 minutes of the purge means: every write older than 10 minutes at the pause had its copy. Of lags with a
    // median of 20 s and 10 minutes at 99 %, that is the product over the ages of all writes since drill 0, whose
    // phase is uniform. (The 95th percentile of a log-normal belongs to its 99th as their normal quantiles do.)
    let p95 = 20.0 * (30f64.ln() * 1.644_853_626_951_472_7 / 2.326_347_874_040_841).exp();
    let copied = |age: f64| lognormal_up_to(age, 20.0, p95);
    let phases = 300;
    let chance: f64 = (0..phases)
        .map(|phase| {
            let offset = 15.0 * (f64::from(phase) + 0.5) / f64::from(phases);
            let writes = (0..).map(|n| 1_210.0 - offset - 15.0 * f64::from(n));
            writes.take_while(|age| *age > 600.0).map(copied).product::<f64>()
        })
        .sum::<f64>()
        / f64::from(phases);
    let study = paused("{p50: 20s, p99: 10m}").runs(2_000);
    let target = rpo(&study);
    assert!(
        (target.chance_low..=target.chance_high).contains(&chance),
        "{chance}: {} to {}",
        target.chance_low,
        target.chance_high
    );
}

#[test]
fn copies_of_what_is_written_over_wait_as_long_as_all_copies_do() {
    let overwritten = |pause: &str| Parts {
        faults: format!(
            "{pause}  - {{at: 30m10s, do: s3.delete_objects, bucket: files, fraction: 1, mode: overwrite}}\n"
        ),
        services: "    downloads: {probe: downloads, data: files, rto: 30m, rpo: 40m}\n".to_owned(),
        probes: hello().probes.replace("sample: 10", "sample: 10, pass: 7 of 10"),
        ..replicated("{p50: 90s, p99: 90s}", FAILOVER)
    };
    // After a failover, the replica has what was overwritten, 90 s later.
    let study = overwritten("").runs(20);
    assert_never(&study, Metric::Rto, "downloads");
    // In a replica that is behind he finds what was written before, but for what was written less than 90 s before the
    // pause at 29m10s, and whatever went to the primary region until names moved at 38m10s (detected at 33m). From the
    // first write after 27m40s to the last one before 38m10s are 42 intervals of 15 s less one.
    let study = overwritten("  - {at: 29m10s, do: s3.pause_replication, bucket: files}\n").runs(20);
    assert_eq!((rto(&study).met, rto(&study).figure.known), (20, 20));
    assert_always(rpo(&study), 615.0);
}

#[test]
fn markers_are_copied_where_that_is_asked_for() {
    let with = |more: &str| {
        let mut parts = replicated(&format!("{{p50: 90s, p99: 90s}}{more}"), FAILOVER);
        parts.services = parts.services.replace("rpo: 5m", "rpo: 10m");
        parts.runs(20)
    };
    assert_eq!(rto(&with("")).figure.known, 20);
    assert_never(&with(", delete_markers: true"), Metric::Rto, "downloads");
}

#[test]
fn a_sync_repairs_what_was_written_over_by_its_size() {
    let sync = "  - {id: declare, do: human, takes: {p50: 5m10s, p95: 5m10s}}\n  - {id: sync, do: s3.sync, from: {bucket: \
                files, region: backup}, to: {bucket: files}}\n";
    let with = |size: &str| {
        let mut parts = replicated("{p50: 90s, p99: 90s}", sync);
        parts.faults = "  - {at: 20m10s, do: s3.pause_replication, bucket: files}\n  - {at: 20m10s, do: \
                        s3.delete_objects, bucket: files, fraction: 1, mode: overwrite}\n"
            .to_owned();
        parts.probes = parts.probes.replace("sample: 10", "sample: 10, pass: 7 of 10");
        parts.cloud = parts.cloud.replace("1KiB..4KiB", size);
        parts.runs(20)
    };
    assert_eq!(rto(&with("2KiB..4KiB")).figure.known, 20);
    // It has 1,024 bytes, and as many had what it was written over.
    assert_never(&with("1KiB..1KiB"), Metric::Rto, "downloads");
}
