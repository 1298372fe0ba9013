//! The return home: it is a return only if everything is home in the end, and nothing was lost on the way.

use super::*;

/// The primary region is lost at 20m10s for two hours. Names are in the backup region from 28m10s on, and after a wait they
/// go home; `home` is what is done for it.
fn plan(wait: &str, home: &str) -> Parts {
    let runbook = format!(
        "  - {{id: declare, do: human, takes: {{p50: 5m10s, p95: 5m10s}}}}\n  - {{id: away, do: dns.failover, to: \
         backup}}\n  - {{id: await, do: wait, for: {wait}}}\n{home}"
    );
    let mut parts = replicated("{p50: 20s, p99: 20s}", &runbook);
    // One or two objects had no copy when the region went: those make no sample bad.
    parts.probes = parts.probes.replace("sample: 10", "sample: 30, pass: 28 of 30");
    parts.objectives = "  mtd: 8h\n  failback: {from: home, rto: 15m}\n".to_owned();
    parts.services = parts.services.replace("rpo: 5m", "rpo: 10m");
    parts.faults = "  - {at: 20m10s, do: region.outage, for: 2h}\n".to_owned();
    parts
}

const HOME: &str = "  - {id: home, do: replication.reverse, bucket: files}\n  - {id: names, do: dns.failover, to: \
                    primary}\n  - {id: drain, do: replication.drain, bucket: files}\n  - {id: forward, do: \
                    replication.reverse, bucket: files}\n";

#[track_caller]
fn failback(study: &Study) -> &Target {
    target(study, Metric::Failback, "*")
}

#[test]
fn failback_after_recovery_succeeds() {
    let study = plan("3h", HOME).runs(20);
    assert_always(failback(&study), 0.0);
    // What had no copy when the region went: less than the 20 s of the lag.
    assert_eq!(rpo(&study).met, 20);
    assert!(quantile(rpo(&study), 100).unwrap() <= 20.0);
    assert_eq!((rto(&study).met, rto(&study).met_by_fault_end), (20, 0));
}

#[test]
fn early_failback_is_down_until_home_has_recovered() {
    // The wait is over at 58m10s. Audit A comes once all is green for five minutes thereafter, with the round at 63m30s,
    // and the names move then. The probe's client knows the old answer for up to a minute more, so that it is red from
    // 63m30s at the earliest and 65m at the latest on. Home is back at 2h20m10s, without what was written meanwhile.
    let study = plan("30m", HOME).runs(20);
    assert_eq!((rto(&study).met, failback(&study).met), (20, 0));
    // That is copied two hours later, and seen with the round at 3h4m at the latest.
    let home = "  - {id: home, do: dns.failover, to: primary}\n  - {id: linger, do: wait, for: 2h}\n  - {id: copy, do: \
                s3.sync, from: {bucket: files, region: backup}, to: {bucket: files}}\n";
    let study = plan("30m", home).runs(20);
    let target = failback(&study);
    assert_eq!((target.met, target.figure.known), (0, 20));
    let (least, most) = (quantile(target, 5).unwrap(), quantile(target, 100).unwrap());
    assert!(
        least >= (183.5 - 65.0) * 60.0 && most <= (184.0 - 63.5) * 60.0,
        "{least} {most}"
    );
    // The recovery itself is another one.
    assert!(quantile(rto(&study), 100).unwrap() < 600.0);
    // A failback ten minutes before the region is back is red for no longer than that, if nothing has to be copied.
    let mut parts = plan("1h36m", home);
    parts.runbook = parts.runbook.replace("for: 2h}", "for: 12m}");
    parts.writers = String::new();
    parts.services = parts
        .services
        .replace(", data: files, rto: 30m, rpo: 10m", ", rto: 30m");
    let study = parts.runs(20);
    let target = failback(&study);
    // Away at 28m10s + 96m, and home at 129m30s after the audit; back at 140m30s.
    let (least, most) = (quantile(target, 5).unwrap(), quantile(target, 100).unwrap());
    assert!(
        least >= (140.5 - 131.0) * 60.0 && most <= (140.5 - 129.5) * 60.0,
        "{least} {most}"
    );
    assert_eq!(target.met, 20);
}

#[test]
fn failback_without_dns_is_not_home() {
    let study = plan("3h", "  - {id: home, do: replication.reverse, bucket: files}\n").runs(20);
    assert_never(&study, Metric::Failback, "*");
}

#[test]
fn aborted_failback_is_not_home() {
    let mut parts = plan("3h", HOME);
    // Its role is not what it was meant for.
    parts.runbook = parts.runbook.replace(
        "  - {id: await",
        "  - {id: refused, do: s3.put_versioning, bucket: files, status: Suspended, on_failure: abort}\n  - {id: await",
    );
    parts
        .faults
        .push_str("  - {at: 21m, do: aws.access_denied, operation: PutBucketVersioning, principals: user}\n");
    assert_never(&parts.runs(20), Metric::Failback, "*");
}

#[test]
fn no_failover_needs_no_failback() {
    let mut parts = plan("3h", HOME);
    parts.runbook = parts
        .runbook
        .replace("  - {id: away, do: dns.failover, to: backup}\n", "");
    let study = parts.runs(20);
    assert_eq!((failback(&study).met, failback(&study).unaffected), (20, 20));
    // It was the end of the outage that brought it back.
    assert_eq!(rto(&study).met, 0);
}

#[test]
fn objects_written_away_and_not_copied_home_are_lost() {
    // From 28m10s on writes go to the backup region, every 15 s, and home has none of them in the end.
    let study = plan("3h", "  - {id: home, do: dns.failover, to: primary}\n").runs(20);
    assert_eq!(failback(&study).met, 0);
    let target = rpo(&study);
    assert_eq!((target.met, target.figure.beyond), (0, 0));
    // Away for three hours, and a wait for audit A. From the oldest loss, just before the region went (or 8 minutes
    // later, if all had copies), to the newest, just before the names moved home at some time from 213m10s on.
    assert!(quantile(target, 5).unwrap() > (213 - 29) as f64 * 60.0);
    assert!(quantile(target, 100).unwrap() < (216 - 19) as f64 * 60.0);
    // A copy of what is written from now on is none of what was written before.
    let only_new = HOME.replacen("bucket: files}", "bucket: files, existing: false}", 1);
    let study = plan("3h", &only_new).runs(20);
    assert_eq!((failback(&study).met, rpo(&study).met), (0, 0));
}

#[test]
fn reds_of_one_service_on_the_way_home_add_up() {
    // Twice red for 8 minutes and a half each, with 20 minutes between them, which no single one of them exceeds.
    let mut parts = plan("3h", HOME);
    for at in ["names", "drain"] {
        parts.faults.push_str(&format!(
            "  - {{at: \"step:{at}+10m10s\", do: aws.error, id: {at}-fails, code: ServiceUnavailable, service: s3, resource: \
             \"hello-files*\", for: 8m20s}}\n"
        ));
    }
    parts.runbook = parts.runbook.replace(
        "  - {id: drain",
        "  - {id: linger, do: wait, for: 40m}\n  - {id: drain",
    );
    let study = parts.runs(20);
    let target = failback(&study);
    assert_eq!((target.met, target.figure.known), (0, 20));
    // 500 s each, and less than an interval of the probe more for each end.
    let (least, most) = (quantile(target, 5).unwrap(), quantile(target, 100).unwrap());
    assert!(least >= 1_000.0 && most <= 1_060.0, "{least} {most}");
}
