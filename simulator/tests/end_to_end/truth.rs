//! Truths that are planted and must be found: small drills that fooled a verdict once.
//!
//! What a hand-made record can show is in `drill/tests/measures`; here is what only a drill shows: who really did what, from
//! where a client was really answered, what a function really wrote, what a call really took.

use std::collections::BTreeMap;

use drill::journal::{Event, Health, ProtectionKind, Purpose};
use drill::ledger::{Changed, Changer, LedgerRecord, Left};
use drill::report::{ClosedBy, Metric, ObjectiveVerdict, Report, Verdict};
use drill::units::DrillTime;
use test_harness::trial;

use crate::support::run::{data, objective};
use crate::support::{Run, Sandbox, Scenario, installed, namespaces};

/// The results of a probe for the health of its service, with the reason of each.
fn looks(run: &Run, of: &str) -> Vec<(DrillTime, Health, String, BTreeMap<String, String>)> {
    let journal = run.journal();
    let look = |(at, event): (DrillTime, &Event)| match event {
        Event::Probe {
            probe,
            purpose: Purpose::Health,
            health,
            detail,
            via,
            ..
        } if probe == of => Some((at, *health, detail.clone().unwrap_or_default(), via.clone())),
        _ => None,
    };
    journal.events().filter_map(look).collect()
}

/// What steps changed, by their ids: how many objects they left as written, and how many gone.
fn changed(run: &Run) -> BTreeMap<String, (u64, u64)> {
    let mut changed: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for record in run.ledger() {
        if let LedgerRecord::Change(change) = record
            && let (Changer::Step(step), Changed::Value { left, .. }) = (change.by, change.changed)
        {
            let counts = changed.entry(step).or_default();
            match left {
                Left::Body(_) => counts.0 += 1,
                Left::Nothing => counts.1 += 1,
                Left::Unknown => {}
            }
        }
    }
    changed
}

fn closed(report: &Report, nth: usize) -> (Option<ClosedBy>, Option<&str>) {
    let incident = &report.incidents[nth];
    (incident.closed_by, incident.step.as_deref())
}

trial!(who_destroyed_what_and_who_left_what_off_is_told);
/// A script purges one object that had been written well before the fault, and another takes versions and copies away.
fn who_destroyed_what_and_who_left_what_off_is_told() {
    if !namespaces() || !installed("aws") {
        return;
    }
    let lose = "  - id: lose\n    do: shell\n    run: |\n      \
        v=$(aws s3api list-object-versions --bucket small-programs --prefix programs/00000010 \
        --query 'Versions[].VersionId' --output text)\n      \
        for id in $v; do aws s3api delete-object --bucket small-programs --key programs/00000010 --version-id $id; done\n      \
        aws s3api delete-bucket-replication --bucket small-programs\n      \
        aws s3api put-bucket-versioning --bucket small-programs --versioning-configuration Status=Suspended\n";
    let scenario = Scenario::loss()
        .with("  - {id: verify", &format!("{lose}  - {{id: verify"))
        .without("id: protect")
        .without("id: catch-up")
        .with("pass: 10 of 10", "pass: 8 of 10");
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Fail);
    let programs = data(&report, "programs");
    assert_eq!(
        (programs.lost, programs.corrupted, programs.stale),
        (1, 0, 0),
        "{programs:#?}"
    );
    assert_eq!(programs.lost_by_cause[0].cause, "step lose");
    assert!(programs.rpa_s.unwrap() > 180.0, "{programs:#?}");
    assert_eq!(
        objective(&report, "delivery", Metric::Rpo).verdict,
        ObjectiveVerdict::Fail
    );
    assert_eq!(closed(&report, 0), (Some(ClosedBy::Step), Some("restore")));
    let changed = changed(&run);
    assert!(changed["lose"].0 == 0 && changed["lose"].1 > 0, "{changed:?}");
    assert!(changed["restore"].0 > 30, "{changed:?}");
    assert!(
        !changed.contains_key("assess") && !changed.contains_key("verify"),
        "{changed:?}"
    );
    // What is missing, and who removed it.
    let protection = objective(&report, "*", Metric::Protection);
    assert_eq!(protection.verdict, ObjectiveVerdict::Fail);
    let missing: Vec<(ProtectionKind, &str)> = report
        .protections
        .iter()
        .filter(|one| one.holds == Some(false))
        .map(|one| (one.kind, one.removed_by.as_deref().unwrap_or_default()))
        .collect();
    let kinds = [ProtectionKind::Versioning, ProtectionKind::Replication];
    for kind in kinds {
        assert!(missing.contains(&(kind, "step lose")), "{missing:?}");
    }
}

trial!(a_step_that_changes_nothing_gets_no_credit);
/// Writers write their few objects anew; a script runs beside it and does nothing.
fn a_step_that_changes_nothing_gets_no_credit() {
    if !namespaces() {
        return;
    }
    let scenario = Scenario::loss()
        .with("every: 9s", "every: 9s, keys: 10")
        .with("bucket: programs, sample: 10", "bucket: programs, prefix: programs/, sample: 10")
        .line_for("s3.corrupt_objects", "")
        .line_for(
            "s3.delete_objects",
            "  - {at: 8m, do: s3.delete_objects, bucket: programs, prefix: programs/, fraction: 1, mode: marker}",
        )
        .line_for("id: contain", "  - {id: nothing, do: shell, run: \"true\"}")
        .line_for("id: assess", "")
        .line_for("id: restore", "")
        .line_for("id: verify", "")
        .line_for("id: protect", "")
        .line_for("id: catch-up", "");
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Inconclusive);
    let last = report.incidents.len() - 1;
    assert_eq!(
        closed(&report, last),
        (Some(ClosedBy::Itself), None),
        "{:#?}",
        report.incidents
    );
    assert_eq!(
        objective(&report, "delivery", Metric::Rto).verdict,
        ObjectiveVerdict::NotExercised
    );
}

trial!(a_client_that_keeps_its_answer_is_repaired_by_the_provider);
/// Names move, and neither the probe nor the writer asks again: every green comes from the primary, and what is written
/// there is not where clients are sent.
fn a_client_that_keeps_its_answer_is_repaired_by_the_provider() {
    let scenario = Scenario::loss()
        .with("  buckets:", "  dns: {ttl: 2h}\n  buckets:")
        .line_for("s3.corrupt_objects", "")
        .line_for(
            "s3.delete_objects",
            "  - {at: 8m, do: region.outage, region: primary, for: 4m}",
        )
        .line_for("id: contain", "  - {id: names, do: dns.failover, to: backup}")
        .line_for("id: assess", "")
        .line_for("id: restore", "")
        .line_for("id: verify", "")
        .line_for("id: protect", "")
        .line_for("id: catch-up", "");
    let run = Run::execute(&scenario);
    let report = run.report();
    assert_ne!(report.verdict, Verdict::Pass);
    assert_eq!(closed(&report, 0), (Some(ClosedBy::FaultEnd), None));
    let greens = looks(&run, "delivery");
    assert!(greens.iter().all(|(_, _, _, via)| via["programs"] == "primary"));
    let programs = data(&report, "programs");
    assert!(programs.lost > 3, "{programs:#?}");
    assert_eq!(
        programs.lost_by_hop.keys().collect::<Vec<_>>(),
        ["replica"],
        "{programs:#?}"
    );
    assert_eq!(programs.lost_by_cause[0].cause, "step names", "{programs:#?}");
}

trial!(calls_take_their_time_while_they_are_made);
/// Each object here stands for a thousand: no probe sees one back before it could have been restored.
fn calls_take_their_time_while_they_are_made() {
    let scenario = Scenario::loss()
        .with(
            "history: 8d}",
            "history: 8d}\n      stands_for: {objects: 60000, bytes: 60MB}",
        )
        .with("rto: 10m", "rto: 20m")
        .with("speed: 300", "speed: 600")
        .with("give_up: 14m", "give_up: 40m");
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Fail);
    let restore = report.steps.iter().find(|step| step.id == "restore").unwrap();
    // Some 40 copies of 1,000 × 200 ms, ten at a time, and as many reads of what is there.
    assert!(restore.charged_s > 600.0, "{restore:#?}");
    let first = restore.start_s.unwrap() + 190.0;
    let greens = looks(&run, "delivery");
    let (fault, seen) = (report.faults[0].start_s.unwrap(), |at: DrillTime| {
        at.as_secs_f64()
    });
    let early = greens
        .iter()
        .find(|(at, health, ..)| *health == Health::Green && seen(*at) > fault + 60.0);
    assert!(
        early.is_none_or(|(at, ..)| seen(*at) > first),
        "{early:?} before {first}"
    );
    let parts = restore.measured_s + restore.modelled_s + restore.observed_s;
    assert!((restore.end_s.unwrap() - restore.start_s.unwrap() - parts).abs() < 0.002);
    assert!(
        report.basis.text.contains("emulated AWS"),
        "{}",
        report.basis.text
    );
}

trial!(an_answer_just_after_the_timeout_is_red_where_a_fault_explains_it);
/// However little after it: 20 ms at this rate are less than this machine can tell.
fn an_answer_just_after_the_timeout_is_red_where_a_fault_explains_it() {
    for latency in ["63s", "60020ms"] {
        let fault =
            format!("  - {{at: 8m, do: aws.latency, operation: GetObject, latency: {latency}, for: 4m}}");
        let scenario = Scenario::loss()
            .with("speed: 300", "speed: 1200")
            .line_for("s3.corrupt_objects", "")
            .line_for("s3.delete_objects", &fault)
            // What else would read under the fault, at the pace of real work.
            .line_for("id: assess", "")
            .line_for("id: restore", "")
            .line_for("id: verify", "");
        let run = Run::execute(&scenario);
        let report = run.report();
        let injected = report.faults[0].start_s.unwrap();
        let under = looks(&run, "delivery").into_iter().filter(|(at, ..)| {
            let since = at.as_secs_f64() - injected;
            (62.0..240.0).contains(&since)
        });
        let under: Vec<_> = under.collect();
        assert!(under.len() > 5, "{under:?}");
        for (at, health, detail, _) in &under {
            assert_eq!(*health, Health::Red, "{latency}: {at}: {detail}");
        }
    }
}

trial!(telemetry_is_back_with_its_devices);
/// The canary connects at once; devices wait for a minute before they try again.
fn telemetry_is_back_with_its_devices() {
    let scenario = Scenario::fleet()
        .with("profile: aws-full-jitter", "profile: esp-idf-default")
        .with("devices: 20", "devices: 60")
        .with("connects_per_second: 500", "connects_per_second: 3")
        .with("expect: unaffected, ", "")
        .line_for("s3.corrupt_objects", "")
        .line_for(
            "s3.delete_objects",
            "  - {at: 9m, do: iot.kill_broker, region: primary}",
        )
        .with("detection: {probe: delivery", "detection: {probe: telemetry-path")
        .line_for(
            "id: contain",
            "  - {id: up, do: iot.restart_broker, region: primary}",
        )
        .line_for("id: assess", "")
        .line_for("id: restore", "")
        .line_for("id: verify", "")
        .line_for("id: protect", "")
        .line_for("id: catch-up", "");
    let run = Run::execute(&scenario);
    let report = run.report();
    let waited = looks(&run, "telemetry-path");
    let waited = waited
        .iter()
        .filter(|(.., detail, _)| detail.contains("of the devices have a session"));
    assert!(waited.count() > 0, "{:#?}", report.incidents);
    let incident = &report
        .incidents
        .iter()
        .rfind(|one| one.service == "telemetry")
        .unwrap();
    assert_eq!(
        (incident.closed_by, incident.step.as_deref()),
        (Some(ClosedBy::Step), Some("up"))
    );
    let fleet = report.fleet.as_ref().unwrap();
    assert_eq!(fleet.disconnected_by.as_deref(), Some("iot.kill_broker"));
    // 99 % of 60 are all of them.
    let back = fleet.reconnected_s["100"].unwrap() + fleet.disconnected_at_s.unwrap();
    assert!(incident.end_s.unwrap() + 15.0 > back, "{fleet:#?} {incident:#?}");
}

trial!(what_a_writer_deleted_and_a_restore_brings_back_is_resurrected);
fn what_a_writer_deleted_and_a_restore_brings_back_is_resurrected() {
    let scenario = Scenario::loss()
        .with("every: 9s", "every: 9s, deletes: 25%")
        .line_for("s3.corrupt_objects", "")
        .line_for(
            "id: restore",
            "  - {id: restore, do: s3.sync, from: {bucket: programs, region: backup}, to: {bucket: programs, region: primary}}",
        );
    let run = Run::execute(&scenario);
    let report = run.report();
    let programs = data(&report, "programs");
    assert!(programs.resurrected > 2, "{:#?}\n{programs:#?}", report.reasons);
    assert_eq!(programs.stale, programs.resurrected, "{programs:#?}");
    assert_eq!(programs.lost_by_cause[0].cause, "step restore");
}

/// Writes what it is given, but for every tenth message of a device; canaries come through.
const FORGETS: &str = r#"
import json, os, urllib.request

def handler(event, context):
    def kept(message):
        said = json.loads(message)
        return said["device"] > 4000000000 or said["seq"] % 10
    lines = [message for message in event["messages"] if kept(message)]
    url = os.environ["AWS_ENDPOINT_URL"] + "/" + os.environ["BUCKET"] + "/" + event["key"]
    if lines:
        request = urllib.request.Request(url, data=("\n".join(lines) + "\n").encode(), method="PUT")
        urllib.request.urlopen(request).read()
"#;

trial!(what_a_function_never_wrote_died_in_it_and_voids_the_drill);
fn what_a_function_never_wrote_died_in_it_and_voids_the_drill() {
    let pythons = cloud_emulator::lambda::python_runtimes();
    let Some(runtime) = pythons.last().filter(|_| namespaces()) else {
        println!("skipped: there is no Python here");
        return;
    };
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join("fn")).expect("a folder");
    sandbox.write("fn/app.py", FORGETS);
    let function = format!(
        "  functions:\n    ingest: {{name: ingest, package: fn, runtime: {runtime}, handler: app.handler, bucket: \
         telemetry, timeout: 30s}}\n  anonymous: true\n  iot:"
    );
    let scenario = Scenario::fleet()
        .with("  iot:", &function)
        .with("to: {bucket: telemetry}", "to: {function: ingest}")
        .with("expect: unaffected, ", "")
        .with("speed: 300", "speed: 60");
    let run = Run::inside(sandbox, &scenario, &[], &[]);
    let report = run.assert_verdict(Verdict::Inconclusive);
    let telemetry = data(&report, "telemetry");
    assert!(telemetry.lost > 10, "{telemetry:#?}");
    assert_eq!(
        telemetry.lost_by_hop.keys().collect::<Vec<_>>(),
        ["function"],
        "{telemetry:#?}"
    );
    assert!(
        report
            .reasons
            .iter()
            .any(|why| why.contains("Lost in the steady state")),
        "{:#?}",
        report.reasons
    );
}

/// Takes more than two seconds until it is imported, as heavy libraries do: with AWS's own, where the machine has it.
const HEAVY: &str = r#"
import json, os, time, urllib.request

time.sleep(2)
if os.environ["HAS_BOTO3"] == "yes":
    import boto3

def handler(event, context):
    url = os.environ["AWS_ENDPOINT_URL"] + "/" + os.environ["BUCKET"] + "/" + event["key"]
    body = ("\n".join(event["messages"]) + "\n").encode()
    urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT")).read()
"#;

trial!(a_cold_start_is_work_done_here_and_holds_the_clock);
/// At this speed two seconds here would be four minutes of the drill, eight times the function's timeout.
fn a_cold_start_is_work_done_here_and_holds_the_clock() {
    let pythons = cloud_emulator::lambda::python_runtimes();
    let Some(runtime) = pythons.last().filter(|_| namespaces()) else {
        println!("skipped: there is no Python here");
        return;
    };
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join("fn")).expect("a folder");
    let python = std::process::Command::new("python3")
        .args(["-I", "-c", "import boto3"])
        .output();
    let has_boto3 = python.is_ok_and(|output| output.status.success());
    if !has_boto3 {
        println!("without boto3, which python3 does not have here");
    }
    let answer = if has_boto3 { "yes" } else { "no" };
    sandbox.write(
        "fn/app.py",
        HEAVY.replace("os.environ[\"HAS_BOTO3\"]", &format!("{answer:?}")),
    );
    let function = format!(
        "  functions:\n    ingest: {{name: ingest, package: fn, runtime: {runtime}, handler: app.handler, bucket: \
         telemetry, timeout: 30s}}\n  anonymous: true\n  iot:"
    );
    let scenario = Scenario::fleet()
        .with("  iot:", &function)
        .with("to: {bucket: telemetry}", "to: {function: ingest}")
        // Less than the import would take of the drill, and more than a busy machine needs for the rest.
        .with("timeout: 90s", "timeout: 3m")
        .with("speed: 300", "speed: 120");
    let run = Run::inside(sandbox, &scenario, &[], &[]);
    let report = run.assert_verdict(Verdict::Pass);
    let telemetry = looks(&run, "telemetry-path");
    let red: Vec<_> = telemetry
        .iter()
        .filter(|(_, health, ..)| *health == Health::Red)
        .collect();
    assert!(red.is_empty(), "{red:?}");
    assert_eq!(data(&report, "telemetry").lost, 0);
}

trial!(what_a_fault_broke_before_it_failed_is_written_down);
/// Some of the objects that the plan has the fault corrupt were never stored.
fn what_a_fault_broke_before_it_failed_is_written_down() {
    let scenario = Scenario::loss()
        .line_for(
            "s3.delete_objects",
            "  - {at: 5m, do: aws.access_denied, operation: PutObject, principals: user, for: 2m}",
        )
        .with(
            "do: s3.corrupt_objects, bucket: programs, fraction: 0.1",
            "do: s3.corrupt_objects, bucket: programs, fraction: 0.8",
        );
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Inconclusive);
    let touched = run.targets("s3.corrupt_objects");
    assert!(!touched.is_empty());
    let why = report.reasons.join(" ");
    assert!(
        why.contains("could not be injected into all its targets") && why.contains("does not exist"),
        "{why}"
    );
    assert!(!why.contains("steady state"), "{why}");
}
