//! Plans that cannot work: none of their runs may pass. Beside each stands one that differs in what was wrong, and works.

use super::*;

const DECLARE: &str = "  - {id: declare, do: human, takes: {p50: 5m, p95: 10m}}\n";

/// A plan after the declaration of a disaster.
fn after_declaring(parts: Parts, runbook: &str) -> Parts {
    Parts {
        runbook: format!("{DECLARE}{runbook}"),
        ..parts
    }
}

fn with_faults(parts: Parts, faults: &str) -> Parts {
    Parts {
        faults: faults.to_owned(),
        ..parts
    }
}

/// Two regions, one of them with the bucket.
fn two_regions() -> Parts {
    let parts = hello();
    Parts {
        cloud: parts
            .cloud
            .replace("{primary: us-east-1}", "{primary: us-east-1, backup: eu-west-1}"),
        ..parts
    }
}

const LAG: &str = "{p50: 1s, p99: 1s}";

#[track_caller]
fn assert_hopeless(parts: &Parts) {
    let study = parts.runs(40);
    assert_never(&study, Metric::Rto, "downloads");
    assert_eq!(target(&study, Metric::Mtd, "*").met, 0);
}

#[track_caller]
fn assert_hopeful(parts: &Parts) {
    let study = parts.runs(40);
    let target = rto(&study);
    assert_eq!((target.figure.known, target.met_by_fault_end), (40, 0));
    assert!(target.met > 30, "{}", target.met);
}

fn ended(study: &Study, step: &str) -> (u64, u64) {
    let step = study.durations.iter().find(|one| one.name == step).unwrap();
    (step.runs, step.failed)
}

#[test]
fn purged_objects_without_a_replica_are_lost() {
    assert_hopeful(&hello());
    let mut parts = hello();
    parts.faults = parts.faults.replace("mode: marker", "mode: purge");
    assert_hopeless(&parts);
    // Nor has any older write survived that would date the loss.
    assert_never(&parts.runs(40), Metric::Rpo, "downloads");
}

#[test]
fn objects_without_a_restore_are_lost() {
    assert_hopeless(&after_declaring(
        hello(),
        "  - {id: assess, do: s3.audit, bucket: files}\n",
    ));
    assert_hopeless(&after_declaring(hello(), ""));
}

#[test]
fn a_restore_whose_audit_failed_restores_nothing() {
    // Listing versions is denied.
    let parts = with_faults(
        hello(),
        "  - {at: 20m10s, do: s3.delete_objects, bucket: files, fraction: 1, mode: marker}\n  - {at: 20m10s, do: \
         aws.access_denied, operation: ListObjectVersions, principals: user}\n",
    );
    assert_hopeless(&parts);
    let study = parts.runs(10);
    assert_eq!(
        (ended(&study, "assess"), ended(&study, "restore")),
        ((10, 10), (10, 10))
    );
}

#[test]
fn sync_leaves_corrupted_objects() {
    let sync = "  - {id: sync, do: s3.sync, from: {bucket: files, region: backup}, to: {bucket: files}}\n";
    let deleted = after_declaring(replicated(LAG, ""), sync);
    assert_hopeful(&deleted);
    let rotten = with_faults(
        deleted,
        "  - {at: 20m10s, do: s3.corrupt_objects, bucket: files, fraction: 1, via: storage}\n",
    );
    assert_hopeless(&rotten);
    let by_content = "  - {id: assess, do: s3.audit, bucket: files, depth: bodies}\n  - {id: restore, do: \
                      s3.restore_objects, damaged: assess, from: {bucket: files, region: backup}}\n";
    assert_hopeful(&after_declaring(rotten, by_content));
}

#[test]
fn another_buckets_objects_are_no_copies() {
    // It has more objects, and fewer.
    for count in [500, 5] {
        let mut parts = two_regions();
        parts.cloud.push_str(&format!(
            "    other: {{name: other-files, objects: {{count: {count}, size: 1KiB..4KiB}}}}\n"
        ));
        let restore = "  - {id: assess, do: s3.audit, bucket: files}\n  - {id: sync, do: s3.sync, from: {bucket: other}, to: \
                       {bucket: files}}\n  - {id: restore, do: s3.restore_objects, damaged: assess, from: {bucket: \
                       other}}\n";
        let parts = after_declaring(parts, restore);
        assert_hopeless(&parts);
        let study = parts.runs(10);
        assert_eq!(
            (ended(&study, "sync"), ended(&study, "restore")),
            ((10, 0), (10, 10))
        );
    }
}

#[test]
fn a_step_that_aws_refuses_and_that_aborts_ends_the_plan() {
    let rest = "  - {id: assess, do: s3.audit, bucket: files}\n  - {id: restore, do: s3.restore_versions, damaged: \
                assess}\n";
    let with = |on_failure: &str| {
        let suspend = format!(
            "  - {{id: suspend, do: s3.put_versioning, bucket: files, status: Suspended, on_failure: {on_failure}}}\n"
        );
        after_declaring(replicated(LAG, ""), &format!("{suspend}{rest}"))
    };
    assert_hopeful(&with("continue"));
    assert_hopeless(&with("abort"));
    let study = with("abort").runs(25);
    assert_eq!(ended(&study, "suspend"), (25, 25));
    assert_eq!(
        (ended(&study, "assess"), ended(&study, "restore")),
        ((0, 0), (0, 0))
    );
    // Without a replication it is no wrong thing to do.
    let alone = Parts {
        cloud: hello().cloud,
        ..with("abort")
    };
    assert_hopeful(&alone);
}

#[test]
fn dns_change_to_an_empty_region_finds_no_broker() {
    let failover = "  - {id: names, do: dns.failover, to: backup}\n";
    let lost = "  - {at: 20m10s, do: region.outage}\n";
    assert_hopeful(&with_faults(after_declaring(replicated(LAG, ""), failover), lost));
    assert_hopeless(&with_faults(after_declaring(two_regions(), failover), lost));
    // Nor does what is lost come back because it is looked at.
    let result = "  - {id: assess, do: s3.audit, bucket: files}\n";
    assert_hopeless(&with_faults(after_declaring(replicated(LAG, ""), result), lost));
}

#[test]
fn dns_change_to_a_lost_region_finds_no_broker() {
    let failover = "  - {id: names, do: dns.failover, to: backup}\n";
    let both = "  - {at: 20m10s, do: region.outage}\n  - {at: 20m10s, do: region.outage, region: backup}\n";
    assert_hopeless(&with_faults(after_declaring(replicated(LAG, ""), failover), both));
}

#[test]
fn nothing_is_deployed_to_a_region_that_is_lost() {
    let plan = "  - {id: deploy, do: stack.deploy, region: backup, takes: {p50: 1m, p95: 2m}}\n  - {id: names, do: \
                dns.failover, to: backup}\n";
    let mut parts = after_declaring(two_regions(), plan);
    // The probe reads what is written from now on: the bucket need not have been there before.
    parts.cloud = parts
        .cloud
        .replace(", objects: {count: 50, size: 1KiB..4KiB}", "");
    parts.probes = parts.probes.replace("sample: 10", "sample: 10, prefix: files/");
    let both = "  - {at: 20m10s, do: region.outage}\n  - {at: 20m10s, do: region.outage, region: backup}\n";
    let parts = with_faults(parts, both);
    assert_hopeless(&parts);
    assert_eq!(ended(&parts.runs(10), "deploy"), (10, 10));
}

/// A function, asked every half minute.
fn function(regions: &str) -> Parts {
    Parts {
        cloud: format!(
            "  regions: {{primary: us-east-1, backup: eu-west-1}}\n  functions:\n    checker: {{name: checker, built_in: \
             program-validator, timeout: 10s, regions: {regions}}}\n"
        ),
        services: "    downloads: {probe: downloads, rto: 30m}\n".to_owned(),
        probes: "  downloads: {do: lambda.invoke, function: checker, every: 30s, timeout: 20s}\n".to_owned(),
        writers: String::new(),
        ..hello()
    }
}

#[test]
fn a_rollback_in_another_region_rolls_nothing_back() {
    let bad = |region: &str| {
        let plan = format!("  - {{id: back, do: lambda.rollback, function: checker, region: {region}}}\n");
        with_faults(
            after_declaring(function("[primary, backup]"), &plan),
            "  - {at: 20m10s, do: lambda.bad_deploy, function: checker, region: primary}\n",
        )
    };
    assert_hopeful(&bad("primary"));
    assert_hopeless(&bad("backup"));
}

#[test]
fn reservation_ends_a_manual_stop_but_no_throttle() {
    let free =
        |region: &str| format!("  - {{id: free, do: lambda.put_concurrency, function: checker{region}}}\n");
    for region in ["", ", region: backup"] {
        let throttled = with_faults(
            after_declaring(function("[primary, backup]"), &free(region)),
            "  - {at: 20m10s, do: lambda.throttle, function: checker}\n",
        );
        assert_hopeless(&throttled);
    }
    // A rollback that stops it has to let it go on.
    let stopped = |then: &str| {
        let plan = format!(
            "  - {{id: stop, do: lambda.put_concurrency, function: checker, reserved: 0}}\n  - {{id: back, do: \
             lambda.rollback, function: checker}}\n{then}"
        );
        with_faults(
            after_declaring(function("[primary, backup]"), &plan),
            "  - {at: 20m10s, do: lambda.bad_deploy, function: checker}\n",
        )
    };
    assert_hopeful(&stopped(&free("")));
    assert_hopeless(&stopped(&free(", region: backup")));
    assert_hopeless(&stopped(""));
}

#[test]
fn throttle_does_not_affect_later_functions_in_another_region() {
    let plan = "  - {id: deploy, do: lambda.deploy, function: checker, region: backup}\n  - {id: names, do: \
                dns.failover, to: backup}\n";
    let throttled = |regions: &str| {
        with_faults(
            after_declaring(function(regions), plan),
            "  - {at: 20m10s, do: lambda.throttle, function: checker}\n",
        )
    };
    assert_hopeful(&throttled("[primary]"));
    assert_hopeless(&throttled("[primary, backup]"));
}

#[test]
fn steps_on_a_function_that_is_not_there_fail() {
    let deleted = |plan: &str| {
        with_faults(
            after_declaring(function("[primary]"), plan),
            "  - {at: 20m10s, do: lambda.delete, function: checker}\n",
        )
    };
    assert_hopeful(&deleted("  - {id: mend, do: lambda.deploy, function: checker}\n"));
    for step in ["lambda.put_concurrency", "lambda.rollback"] {
        let parts = deleted(&format!("  - {{id: mend, do: {step}, function: checker}}\n"));
        assert_hopeless(&parts);
        assert_eq!(ended(&parts.runs(10), "mend"), (10, 10), "{step}");
    }
}
