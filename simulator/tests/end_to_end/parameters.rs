//! Parameters of SSM Parameter Store: what a drill finds of them, and the `aws` CLI against them.

use std::collections::BTreeMap;

use drill::audit::Found;
use drill::journal::AuditId;
use drill::report::{Metric, ObjectiveVerdict, Verdict};
use drill::units::DrillTime;
use test_harness::trial;

use crate::cloud::Cloud;
use crate::support::run::{data, objective, step};
use crate::support::{Run, Scenario, installed};

/// The parameters of a region that fails for good. The other region has them as they were at the start, and in this
/// plan nothing copies what is written later.
const AS_WRITTEN: &str = r#"version: 1
name: parameters
title: The region of the parameters fails
system: test
objectives:
  mtd: 4h
  services:
    settings: {probe: settings, data: settings, rto: 1h, rpo: 5m}
cloud:
  regions: {primary: us-west-2, backup: us-east-1}
  parameters:
    settings: {path: /printapp/prod/, values: {count: 40}, copied_to: backup}
writers:
  settings: {do: ssm.put_parameter, parameters: settings, every: 15s, keys: 40}
probes:
  settings: {do: ssm.get_parameter, parameters: settings, sample: 10, pass: 2 of 10, every: 30s, timeout: 5s}
steady_state: {hold: 5m}
faults:
  - {at: 20m, do: region.outage, region: primary}
detection: {probe: settings, failing: 3 of 5, every: 1m}
runbook:
  - {id: failover, do: dns.failover, to: backup}
  - {id: switch, do: ssm.put_parameter, parameters: settings, key: db-host, value: new-db-endpoint}
observe_for: 20m
give_up: 3h
"#;

/// Single parameters cannot be read any more, but those of a path can.
const READS_FAIL: &str =
    "aws.error, service: ssm, operation: GetParameter, region: primary, code: InternalServerError";
/// People copy what there is before they switch names.
const COPIES: &str =
    "  - {id: copy, do: ssm.copy_parameters, parameters: settings, from: primary, to: backup}
  - {id: failover";

trial!(parameters_that_no_plan_copies_are_lost);
fn parameters_that_no_plan_copies_are_lost() {
    let run = Run::execute(&Scenario::written(AS_WRITTEN));
    let report = run.assert_verdict(Verdict::Fail);
    let missed = objective(&report, "settings", Metric::Rpo);
    assert_eq!(missed.verdict, ObjectiveVerdict::Fail, "{missed:?}");

    // Two ways to the same writes: what the audit found under their keys, and which of them were the last of their keys
    // and came after the start, but before the fault: the other region can have none of these.
    let injected = run.injected("region.outage");
    let mut last: BTreeMap<String, DrillTime> = BTreeMap::new();
    for write in run.acknowledged_before("settings", run.cut(AuditId::A)) {
        let produced = last.entry(write.key).or_insert(write.produced);
        *produced = write.produced.max(*produced);
    }
    let late = |produced: &DrillTime| (DrillTime::ZERO..injected).contains(produced);
    let doomed: Vec<&String> = last
        .iter()
        .filter(|(_, produced)| late(produced))
        .map(|(key, _)| key)
        .collect();
    let found = run.found(AuditId::A, "settings");
    let missing = last.keys().filter(|key| found[*key] == Found::Missing);
    assert_eq!(missing.collect::<Vec<_>>(), doomed);
    assert!(!doomed.is_empty());
    let settings = data(&report, "settings");
    assert_eq!(settings.lost, doomed.len() as u64, "{settings:?}");
    assert_eq!(settings.counted, last.len() as u64, "{settings:?}");
    assert_eq!(
        (settings.corrupted, settings.stale, settings.unknown),
        (0, 0, 0),
        "{settings:?}"
    );
}

trial!(parameters_that_a_plan_brings_back_in_time_are_not_lost);
fn parameters_that_a_plan_brings_back_in_time_are_not_lost() {
    let scenario = Scenario::written(AS_WRITTEN)
        .with("region.outage, region: primary", READS_FAIL)
        // Such a fault loses nothing: no drill of it could judge an RPO.
        .with(", rpo: 5m}", "}")
        .with("pass: 2 of 10, ", "")
        .with("  - {id: failover", COPIES);
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Pass);
    let settings = data(&report, "settings");
    assert_eq!((settings.counted, settings.lost), (80, 0), "{settings:?}");
    // Who still has the old address of the name overwrites what was copied: the other region has the value before that.
    assert!(settings.stale <= 5, "{settings:?}");
    // It reads both regions, and puts what differs.
    let copy = step(&report, "copy");
    assert!(copy.calls > 40 && copy.bytes > 0, "{copy:?}");
    let detected = 22.0 * 60.0;
    assert!(
        settings.oldest_lost_s.is_none_or(|at| at >= detected),
        "{settings:?}"
    );
}

trial!(the_aws_cli_works_with_parameters);
fn the_aws_cli_works_with_parameters() {
    if !installed("aws") {
        return;
    }
    let fleet = Scenario::fleet().with(
        "  regions:",
        "  parameters: {settings: {path: /printapp/prod/, values: {count: 25}}}\n  regions:",
    );
    let cloud = Cloud::start(&fleet);
    let aws = cloud.aws();
    let get = |arguments: &[&str]| aws.json(&[&["ssm"], arguments].concat());

    // Three pages, which the client asks for by itself.
    let path = [
        "get-parameters-by-path",
        "--path",
        "/printapp/prod",
        "--recursive",
    ];
    let listed = get(&path);
    let values = listed["Parameters"].as_array().expect("a list");
    assert_eq!(values.len(), 25, "{listed}");
    assert!(values.iter().all(|one| one["Version"] == 1), "{listed}");

    let name = "/printapp/prod/db-host";
    let put = [
        "put-parameter",
        "--name",
        name,
        "--value",
        "old",
        "--type",
        "String",
    ];
    assert_eq!(get(&put)["Version"], 1);
    let refused = aws.refused(&[&["ssm"][..], &put].concat());
    assert!(refused.contains("ParameterAlreadyExists"), "{refused}");
    let over = ["put-parameter", "--name", name, "--value", "new", "--overwrite"];
    assert_eq!(get(&over)["Version"], 2);
    let secret = [&["ssm"][..], &over, &["--type", "SecureString"]].concat();
    let refused = aws.refused(&secret);
    assert!(refused.contains("HierarchyTypeMismatchException"), "{refused}");
    let read = get(&["get-parameter", "--name", name, "--with-decryption"]);
    let parameter = &read["Parameter"];
    assert_eq!(
        (&parameter["Value"], &parameter["Version"], &parameter["Type"]),
        (&"new".into(), &2.into(), &"String".into()),
        "{read}"
    );
    assert_eq!(
        get(&["get-parameter", "--name", &format!("{name}:1")])["Parameter"]["Value"],
        "old"
    );
    let history = get(&["get-parameter-history", "--name", name]);
    assert_eq!(
        history["Parameters"].as_array().map(Vec::len),
        Some(2),
        "{history}"
    );
    let described = get(&["describe-parameters"]);
    assert_eq!(
        described["Parameters"].as_array().map(Vec::len),
        Some(26),
        "{described}"
    );
    let both = get(&["get-parameters", "--names", name, "/no/such"]);
    assert_eq!(
        (
            both["Parameters"].as_array().map(Vec::len),
            &both["InvalidParameters"][0]
        ),
        (Some(1), &"/no/such".into()),
        "{both}"
    );
    aws.ok(&["ssm", "delete-parameter", "--name", name]);
    let gone = aws.refused(&["ssm", "get-parameter", "--name", name]);
    assert!(gone.contains("ParameterNotFound"), "{gone}");
    let unknown = aws.refused(&["ssm", "list-documents"]);
    assert!(unknown.contains("UnknownOperationException"), "{unknown}");
    cloud.end();
}
