//! How incidents end, if not by a step; and services that none befalls.

use super::*;

#[test]
fn outage_that_ends_before_the_runbook_starts_is_met_by_its_end() {
    // Over at 24m10s; the next round is that of 24m30s, 260 s after the fault. Declared at 28m at the earliest.
    let mut parts = replicated("{p50: 1s, p99: 1s}", "");
    parts.runbook = "  - {id: declare, do: human, takes: {least: 5m, most: 10m}}\n".to_owned();
    parts.faults = "  - {at: 20m10s, do: region.outage, for: 4m}\n".to_owned();
    let study = parts.runs(50);
    assert_always(rto(&study), 260.0);
    assert_eq!((rto(&study).met_by_fault_end, rto(&study).unaffected), (50, 0));
    assert_eq!(study.durations[0].runs, 50);
    // Over at 21m40s: monitoring fails at 21m only, and no alarm is raised.
    parts.faults = "  - {at: 20m10s, do: region.outage, for: 90s}\n".to_owned();
    let study = parts.runs(50);
    assert_always(rto(&study), 110.0);
    assert_eq!(rto(&study).met_by_fault_end, 50);
    assert_eq!((study.durations[0].runs, study.durations[1].runs), (0, 0));
}

#[test]
fn an_outage_that_a_step_was_quicker_than_is_met_by_the_step() {
    let plan = "  - {id: declare, do: human, takes: {p50: 5m10s, p95: 5m10s}}\n  - {id: names, do: dns.failover, to: \
                backup}\n";
    let mut parts = replicated("{p50: 1s, p99: 1s}", plan);
    parts.cloud = parts.cloud.replace("ttl: 60s", "ttl: 0");
    parts.faults = "  - {at: 20m10s, do: region.outage, for: 4h}\n".to_owned();
    let study = parts.runs(50);
    // Moved at 28m10s, asked for at 28m30s: 500 s.
    assert_always(rto(&study), 500.0);
    assert_eq!(rto(&study).met_by_fault_end, 0);
}

#[test]
fn rewritten_keys_are_not_credited_to_a_step() {
    // Twenty keys, one every ten seconds: all of them are written anew 200 s after the fault, at 23m30s, before the
    // runbook starts. One round or two later each sample is sound.
    let mut parts = hello();
    parts.cloud = parts
        .cloud
        .replace(", objects: {count: 50, size: 1KiB..4KiB}", "");
    parts.writers =
        "  files: {do: s3.put_object, bucket: files, every: 10s, keys: 20, size: 1KiB..1KiB}\n".to_owned();
    parts.runbook = "  - {id: declare, do: human, takes: {p50: 20m, p95: 20m}}\n".to_owned();
    let study = parts.runs(50);
    let target = rto(&study);
    assert_eq!(
        (target.met, target.met_by_fault_end, target.figure.beyond),
        (50, 50, 0)
    );
    // A sample of 10 of 20 is all sound by luck somewhat earlier; but not while only half of them are.
    let (least, most) = (quantile(target, 5).unwrap(), quantile(target, 100).unwrap());
    assert!(least > 100.0 && most <= 230.0, "{least} {most}");
}

/// A second bucket, which no fault is about, and its service.
fn beside(expect: &str) -> Parts {
    let mut parts = hello();
    parts
        .cloud
        .push_str("    other: {name: other-files, objects: {count: 50, size: 1KiB..4KiB}}\n");
    parts
        .probes
        .push_str("  other: {do: s3.get_object, bucket: other, sample: 10, every: 30s, timeout: 20s}\n");
    parts
        .services
        .push_str(&format!("    other: {{probe: other, rto: 30m{expect}}}\n"));
    parts
}

#[test]
fn service_without_impact_is_unaffected() {
    for expect in ["", ", expect: unaffected"] {
        let study = beside(expect).runs(30);
        let other = target(&study, Metric::Rto, "other");
        assert_always(other, 0.0);
        assert_eq!((other.unaffected, other.met_by_fault_end), (30, 0));
        assert_eq!(other.untouched, !expect.is_empty());
    }
}

#[test]
fn affected_service_with_expect_unaffected_misses_its_target() {
    let with = |expect: &str| {
        let mut parts = beside(expect);
        parts.faults.push_str(
            "  - {at: 20m10s, do: aws.error, code: ServiceUnavailable, service: s3, resource: other-files, for: 2m}\n",
        );
        parts.runs(30)
    };
    // Over at 22m10s; back with the round at 22m30s.
    assert_always(target(&with(""), Metric::Rto, "other"), 140.0);
    let study = with(", expect: unaffected");
    let other = target(&study, Metric::Rto, "other");
    assert_eq!((other.met, other.chance, other.unaffected), (0, 0.0, 0));
    assert_eq!((other.figure.known, quantile(other, 50)), (30, Some(140.0)));
    // One that is to ride it out is judged from the end of the fault on.
    let study = with(", expect: ride_out");
    let other = target(&study, Metric::Rto, "other");
    assert_always(other, 20.0);
    assert_eq!(other.met_by_fault_end, 0);
}

#[test]
fn downtime_is_the_time_in_which_any_service_was_red_and_the_work_thereafter() {
    let with = |mtd: &str, second: &str| {
        let mut parts = beside(mtd);
        parts.objectives = "  mtd: 40m\n  wrt: 10m\n".to_owned();
        parts.more = "give_up: 2h\n".to_owned();
        parts.faults = format!(
            "  - {{at: 20m10s, do: aws.error, code: ServiceUnavailable, service: s3, resource: hello-files, for: 5m}}\n  - {{at: \
             {second}, do: aws.error, code: ServiceUnavailable, service: s3, resource: other-files, for: 10m}}\n"
        );
        parts.runbook = "  - {id: declare, do: human, takes: {p50: 1m, p95: 1m}}\n".to_owned();
        parts.runs(20)
    };
    // The first is red from 20m10s to the round at 25m30s, the other from 24m10s to that at 34m30s: 860 s, and 600 s.
    assert_always(target(&with("", "24m10s"), Metric::Mtd, "*"), 1_460.0);
    // Apart from each other: 320 s and, from 30m10s to 40m30s, 620 s.
    assert_always(target(&with("", "30m10s"), Metric::Mtd, "*"), 1_540.0);
    // One with an MTD of its own counts by itself: 320 s and 600 s; 620 s and 600 s, above its 20 minutes.
    let study = with(", mtd: 20m", "24m10s");
    assert_always(target(&study, Metric::Mtd, "*"), 920.0);
    let own = target(&study, Metric::Mtd, "other");
    assert_eq!(
        (own.met, quantile(own, 5), quantile(own, 100)),
        (0, Some(1_220.0), Some(1_220.0))
    );
}

#[test]
fn drill_that_gives_up_before_a_target_misses_none() {
    // Restored at 1h23m, which is 1h2m50s after the fault, and nothing else happens for half an hour around.
    let with = |give_up: &str| {
        let mut parts = hello();
        parts.objectives = "  mtd: 3h\n".to_owned();
        parts.more = format!("give_up: {give_up}\n");
        parts.runbook = parts.runbook.replace("p50: 5m, p95: 10m", "p50: 1h, p95: 1h");
        parts.probes = parts.probes.replace("every: 30s", "every: 30m");
        parts.more.push_str("stable_for: 1h\nobserve_for: 1h\n");
        parts.runs(5)
    };
    // A drill would give up just before; whether 3 h are met is known only once they are over, or the service is back.
    for give_up in ["1h2m40s", "8h"] {
        let study = with(give_up);
        assert_eq!(
            (rpo(&study).met, quantile(rpo(&study), 100)),
            (5, Some(0.0)),
            "{give_up}"
        );
        assert_eq!(target(&study, Metric::Mtd, "*").met, 5, "{give_up}");
    }
}
