//! Faults injected while steps are at work: what they break is not put back by what had been found before.

use super::*;

/// Objects are put back by calls that take their time at AWS: 200 ms each, of which ten at once.
///
/// 20,000 objects by two calls each take 20,000 × 2 × 200 ms ÷ 10 = 800 s.
fn slow() -> Parts {
    let mut parts = replicated(
        "{p50: 1s, p99: 1s}",
        "  - {id: declare, do: human, takes: {p50: 1m, p95: 1m}}\n  - {id: assess, do: s3.audit, bucket: files}\n  - {id: \
         restore, do: s3.restore_objects, damaged: assess, from: {bucket: files, region: backup}}\n",
    );
    parts.cloud = parts.cloud.replace(
        "versioned: true",
        "versioned: true, stands_for: {objects: 20000, bytes: 1MB}",
    );
    parts.writers = String::new();
    parts.services = parts
        .services
        .replace(", data: files, rto: 30m, rpo: 5m", ", rto: 1h");
    parts
}

fn ran(study: &Study, step: &str) -> (u64, u64) {
    let step = study.durations.iter().find(|one| one.name == step).unwrap();
    (step.runs, step.failed)
}

#[test]
fn a_restore_into_a_region_that_is_lost_meanwhile_fails_and_puts_nothing_back() {
    let study = slow().runs(10);
    let restore = study.durations.iter().find(|one| one.name == "restore").unwrap();
    let length = restore.length.quantiles[2].value_s.unwrap();
    assert!((800.0..802.0).contains(&length), "{length}");
    assert_eq!((rto(&study).met, ran(&study, "restore")), (10, (10, 0)));

    let mut lost = slow();
    lost.faults.push_str(
        "  - {at: \"step:restore+5m\", do: region.outage, form: partial, services: s3, for: 30m}\n",
    );
    let study = lost.runs(10);
    assert_eq!(ran(&study, "restore"), (10, 10));
    // What had not been put back by then never is.
    assert_never(&study, Metric::Rto, "downloads");
}

#[test]
fn a_restore_from_a_region_that_is_lost_meanwhile_fails() {
    let mut parts = slow();
    parts.faults.push_str(
        "  - {at: \"step:restore+5m\", do: region.outage, region: backup, form: partial, services: s3, for: 30m}\n",
    );
    let study = parts.runs(10);
    assert_eq!(ran(&study, "restore"), (10, 10));
    assert_never(&study, Metric::Rto, "downloads");
}

#[test]
fn a_bucket_that_is_deleted_meanwhile_is_empty_when_it_is_made_again() {
    let mut parts = slow();
    parts
        .faults
        .push_str("  - {at: \"step:restore+5m\", do: s3.delete_bucket, bucket: files}\n");
    parts
        .runbook
        .push_str("  - {id: make, do: s3.create_bucket, bucket: files}\n");
    let study = parts.runs(10);
    assert_eq!((ran(&study, "restore"), ran(&study, "make")), ((10, 10), (10, 0)));
    assert_never(&study, Metric::Rto, "downloads");
}

#[test]
fn versions_that_were_purged_since_the_audit_are_not_restored() {
    let mut parts = hello();
    parts.runbook =
        "  - {id: declare, do: human, takes: {p50: 1m, p95: 1m}}\n  - {id: assess, do: s3.audit, bucket: \
                     files}\n  - {id: think, do: human, takes: {p50: 5m, p95: 5m}}\n  - {id: restore, do: \
                     s3.restore_versions, damaged: assess}\n"
            .to_owned();
    assert_eq!(rto(&parts.runs(10)).met, 10);
    parts
        .faults
        .push_str("  - {at: \"step:think+1m\", do: s3.delete_bucket, bucket: files}\n");
    parts.runbook = parts.runbook.replace(
        "  - {id: restore",
        "  - {id: make, do: s3.create_bucket, bucket: files}\n  - {id: restore",
    );
    let study = parts.runs(10);
    assert_eq!((ran(&study, "make"), ran(&study, "restore")), ((10, 0), (10, 10)));
    assert_never(&study, Metric::Rto, "downloads");
}
