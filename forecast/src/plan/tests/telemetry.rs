//! What becomes of a fleet's telemetry.

use super::*;

/// A fleet whose messages a rule takes to a bucket each ten seconds: by a function, or by itself. What is broken is broken
/// at 20m10s; monitoring fires at 23m or up to half a minute later, and a step that is to follow begins 5m10s thereafter.
fn fleet(to: &str, faults: &str, runbook: &str) -> Parts {
    let function = "  functions:\n    ingest: {name: ingest, built_in: telemetry-ingest, bucket: files, timeout: 10s, \
                    retries: 2}\n";
    Parts {
        cloud: format!(
            "  regions: {{primary: us-east-1, backup: eu-west-1}}\n  buckets:\n    files: {{name: hello-files, versioned: \
             true, replicate: {{to: backup, lag: {{p50: 20s, p99: 20s}}}}}}\n  iot:\n    regions: [primary, backup]\n    \
             rules:\n      telemetry: {{topic: \"dt/+/telemetry\", to: {{{to}}}, batch: {{max: 500, window: 10s}}}}\n{}",
            if to.starts_with("function") { function } else { "" }
        ),
        services: "    downloads: {probe: downloads, data: telemetry, rto: 30m, rpo: 20m}\n".to_owned(),
        probes: "  downloads: {do: path.telemetry, every: 30s, timeout: 30s}\n".to_owned(),
        writers: String::new(),
        fleet: "fleet:\n  devices: 200\n  profile: aws-full-jitter\n  discovery: dns\n  telemetry: {every: 60s}\n".to_owned(),
        faults: format!("  - {{at: 20m10s, {faults}}}\n"),
        runbook: format!("  - {{id: declare, do: human, takes: {{p50: 5m10s, p95: 5m10s}}}}\n{runbook}"),
        more: "give_up: 3h\n".to_owned(),
        ..hello()
    }
}

const BUCKET: &str = "bucket: files";
const FUNCTION: &str = "function: ingest";

#[test]
fn rule_keeps_a_batch_that_cannot_be_written_yet() {
    let refused = "do: aws.error, code: InternalError, service: s3, operation: PutObject, principals: any";
    let study = fleet(BUCKET, &format!("{refused}, for: 20m"), "").runs(20);
    assert_eq!((rto(&study).met, rto(&study).met_by_fault_end), (20, 20));
    assert_always(rpo(&study), 0.0);
    // What it can never write never is there.
    let study = fleet(BUCKET, refused, "").runs(20);
    assert_never(&study, Metric::Rto, "downloads");
    assert_eq!(rpo(&study).met, 0);
}

#[test]
fn events_of_a_failing_function_are_lost_after_its_retries() {
    // Mended by the rollback 5m10s after monitoring fired, at 28m10s or up to half a minute later: what was handed to it more
    // than the three minutes of two retries before failed each time.
    let rollback = "  - {id: back, do: lambda.rollback, function: ingest}\n";
    let parts = fleet(FUNCTION, "do: lambda.bad_deploy, function: ingest", rollback);
    let study = parts.runs(50);
    let detected = study.durations[0].length.quantiles[7].value_s.unwrap();
    let (least, most) = (
        quantile(rpo(&study), 5).unwrap(),
        quantile(rpo(&study), 100).unwrap(),
    );
    assert_eq!(most, detected + 310.0 - 180.0);
    assert!(least >= 150.0 + 310.0 - 180.0, "{least}");
    // One that may not run keeps its events, for six hours.
    let throttled = "do: lambda.throttle, function: ingest, for: 40m";
    assert_always(rpo(&fleet(FUNCTION, throttled, "").runs(20)), 0.0);
    // It is not repaired.
    let study = fleet(FUNCTION, "do: lambda.bad_deploy, function: ingest", "").runs(20);
    assert_eq!((rto(&study).met, rpo(&study).met), (0, 0));
}

#[test]
fn events_that_fail_by_chance_are_lost_if_they_fail_three_times() {
    // Half of the attempts fail for 30 minutes: of 180 events one in eight is lost. Before the first of them, and after the
    // last, seven are spared in the mean: 1,800 s less twice 70 s.
    let failing = "do: lambda.error, function: ingest, share: 0.5, for: 30m";
    let mut parts = fleet(FUNCTION, failing, "");
    // No five minutes of luck end it sooner.
    parts.more.push_str("stable_for: 20m\nobserve_for: 20m\n");
    let study = parts.runs(400);
    let target = rpo(&study);
    assert_eq!((target.figure.known, target.unaffected), (400, 0));
    let mean = target.figure.mean_s.unwrap();
    assert!((mean - 1_660.0).abs() < 15.0, "{mean}");
    assert!(quantile(target, 100).unwrap() <= 1_800.0);
}

#[test]
fn a_canary_that_cannot_be_read_is_not_seen() {
    for operation in ["GetObject", "\"List*\""] {
        let refused = format!("do: aws.error, code: InternalError, service: s3, operation: {operation}");
        assert_never(&fleet(BUCKET, &refused, "").runs(5), Metric::Rto, "downloads");
    }
    // What others ask for is nothing to it.
    let refused = "do: aws.error, code: InternalError, service: s3, operation: GetObject, principals: user";
    assert_eq!(rto(&fleet(BUCKET, refused, "").runs(5)).unaffected, 5);
}

#[test]
fn destroyed_objects_are_lost_unless_restored() {
    let purged = "do: s3.delete_objects, bucket: files, fraction: 1, mode: purge";
    let study = fleet(BUCKET, purged, "").runs(20);
    assert_eq!((rpo(&study).met, rpo(&study).figure.beyond), (0, 20));
    let study = fleet(BUCKET, "do: s3.delete_bucket, bucket: files", "").runs(20);
    assert_eq!(rpo(&study).met, 0);
    // From the replica, all but what was younger than its lag of 20 s.
    let sync = "  - {id: sync, do: s3.sync, from: {bucket: files, region: backup}, to: {bucket: files}}\n";
    let with_probe = |faults: &str| {
        let mut parts = fleet(BUCKET, faults, sync);
        // The runbook starts only if a failure is detected.
        parts.faults.push_str(
            "  - {at: 20m10s, do: aws.error, code: InternalError, service: s3, operation: GetObject, for: 5m}\n",
        );
        parts.runs(20)
    };
    let study = with_probe(purged);
    assert_eq!(rpo(&study).met, 20);
    assert!(quantile(rpo(&study), 100).unwrap() <= 30.0);
    // It has nothing for what has rotted.
    let study = with_probe("do: s3.corrupt_objects, bucket: files, fraction: 1, via: storage");
    assert_eq!(rpo(&study).met, 0);
}

#[test]
fn telemetry_stored_away_and_not_copied_home_is_lost() {
    let plan = |reverse: &str| {
        let steps = format!(
            "  - {{id: away, do: dns.failover, to: backup}}\n  - {{id: await, do: wait, for: 2h}}\n{reverse}  - {{id: \
             names, do: dns.failover, to: primary}}\n  - {{id: ttl, do: wait, for: 2m}}\n  - {{id: connections, do: \
             iot.restart_broker, region: backup}}\n"
        );
        let mut parts = fleet(BUCKET, "do: region.outage, for: 1h", &steps);
        let from = if reverse.is_empty() { "names" } else { "home" };
        parts.objectives = format!("  mtd: 8h\n  failback: {{from: {from}, rto: 15m}}\n");
        parts.more = "give_up: 8h\n".to_owned();
        parts.runs(10)
    };
    let study = plan("  - {id: home, do: replication.reverse, bucket: files}\n");
    let failback = target(&study, Metric::Failback, "*");
    assert_eq!((failback.met, rpo(&study).met), (10, 10));
    let study = plan("");
    let failback = target(&study, Metric::Failback, "*");
    assert_eq!((failback.met, rpo(&study).met), (0, 0));
    // Away for two hours.
    assert!(quantile(rpo(&study), 5).unwrap_or(f64::INFINITY) > 7_000.0);
}
