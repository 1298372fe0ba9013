//! Telemetry that a function files for a rule: where lost messages died.

use std::collections::BTreeMap;

use drill::audit::AuditRecord;
use drill::journal::Event;
use drill::ledger::{Change, Changed, Changer, DeliveryReceipts, LedgerRecord, Left, MessageId, Stage};
use drill::report::Verdict;

use crate::support::*;
use crate::telemetry::*;

/// The same where a function files for the rule; it ends with a message 4 s after the rule's delivery, or at
/// the later second that `filed` says, or never.
fn with_function(fate: impl Fn(u32, u32) -> Fate, filed: impl Fn(MessageId) -> Option<i64>) -> Run {
    let yaml = yaml()
        .replace(
            "  iot:\n",
            "  functions:\n    ingest: {built_in: telemetry-ingest, bucket: telemetry}\n  iot:\n",
        )
        .replace("to: {bucket: telemetry}", "to: {function: ingest}");
    let mut run = fleet(fate);
    run.scenario = Run::new(&yaml).scenario;
    let delivered: Vec<DeliveryReceipts> = run.ledger.iter().filter_map(delivery).cloned().collect();
    for marks in delivered {
        if let Some(later) = filed(marks.messages[0]) {
            let at = at(later).max(marks.at + secs(4));
            // Of device 1 it took message 215, ended well, and never wrote it.
            let stages = match marks.messages[0] {
                MessageId { device: 1, seq: 215 } => &[Stage::FunctionDelivered][..],
                _ => &[Stage::FunctionDelivered, Stage::Stored],
            };
            for stage in stages.iter().copied() {
                let marks = marks.clone();
                run.ledger.push(LedgerRecord::DeliveryReceipts(DeliveryReceipts {
                    stage,
                    at,
                    ..marks
                }));
            }
        }
    }
    run
}

fn delivery(record: &LedgerRecord) -> Option<&DeliveryReceipts> {
    match record {
        LedgerRecord::DeliveryReceipts(marks) if marks.stage == Stage::RuleDelivered => Some(marks),
        _ => None,
    }
}

fn hops(run: &Run) -> BTreeMap<String, u64> {
    telemetry(&run.report()).lost_by_hop.clone()
}

#[test]
fn what_a_function_took_and_did_not_file_died_in_it() {
    let fate = |device, seq| match (device, seq) {
        (1, 211) => Fate::Rule,
        (1, 212..=215) => Fate::Bucket,
        _ => Fate::There,
    };
    // 212 never ended well, 213 only after the audit began to read, 214 was filed and is gone.
    let filed = |id: MessageId| match (id.device, id.seq) {
        (1, 212) => None,
        (1, 213) => Some(CUT + 5),
        _ => Some(0),
    };
    let run = with_function(fate, filed);
    let expected = [("bucket", 1), ("function", 3), ("rule", 1)];
    assert_eq!(
        hops(&run),
        BTreeMap::from(expected.map(|(hop, n)| (hop.to_owned(), n)))
    );
}

#[test]
fn what_a_function_took_while_the_audit_was_reading_died_in_it() {
    let fate = |device, seq| match (device, seq) {
        (1, 211) => Fate::Bucket,
        _ => Fate::There,
    };
    let mut run = with_function(fate, |id: MessageId| {
        (id.device, id.seq).ne(&(1, 211)).then_some(0)
    });
    let id = MessageId { device: 1, seq: 211 };
    for record in &mut run.ledger {
        if let LedgerRecord::DeliveryReceipts(marks) = record
            && marks.messages[0] == id
        {
            marks.at = at(CUT + 5);
        }
    }
    assert_eq!(hops(&run), BTreeMap::from([("function".to_owned(), 1)]));
}

#[test]
fn what_a_frozen_broker_delivers_after_the_audit_was_still_in_the_rule() {
    let mut run = fleet(|device, seq| {
        if (device, seq) == (1, 211) {
            Fate::Bucket
        } else {
            Fate::There
        }
    });
    assert_eq!(hops(&run), BTreeMap::from([("bucket".to_owned(), 1)]));
    let id = MessageId { device: 1, seq: 211 };
    for record in &mut run.ledger {
        if let LedgerRecord::DeliveryReceipts(marks) = record
            && (marks.stage, marks.messages[0]) == (Stage::RuleDelivered, id)
        {
            marks.at = at(CUT + 100);
        }
    }
    assert_eq!(hops(&run), BTreeMap::from([("rule".to_owned(), 1)]));
}

#[test]
fn what_was_filed_in_the_region_that_was_left_died_on_the_way_to_the_other() {
    let mut run = fleet(|device, seq| {
        if (device, seq) == (1, 211) {
            Fate::Bucket
        } else {
            Fate::There
        }
    });
    let yaml = yaml().replace(
        "telemetry-bucket, versioned: true",
        "telemetry-bucket, versioned: true, replicate: {to: backup, lag: {p50: 20s, p99: 10m}}",
    );
    run.scenario = Run::new(&yaml).scenario;
    for name in ["telemetry", "iot"] {
        let (name, from, to, by) = (name.into(), "primary".into(), "backup".into(), "restore".into());
        run.event(3000, Event::NameMoved { name, from, to, by });
    }
    for record in &mut run.audit {
        if let AuditRecord::Messages { region, .. } = record {
            *region = "backup".into();
        }
    }
    assert_eq!(hops(&run), BTreeMap::from([("replica".to_owned(), 1)]));
    // The region that was left comes back and files what it had held: it is there, wherever the name points now.
    let id = MessageId { device: 1, seq: 211 };
    for record in &mut run.ledger {
        if let LedgerRecord::DeliveryReceipts(marks) = record
            && (marks.stage, marks.messages[0]) == (Stage::RuleDelivered, id)
        {
            marks.at = at(3500);
        }
    }
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!(data.lost_by_hop, BTreeMap::from([("replica".to_owned(), 1)]));
    // It is lost since the name was moved, not since it arrived.
    assert!(
        data.disruptions[0].at_s.is_some_and(|at| at <= 3000.0),
        "{data:#?}"
    );
    assert_ne!(report.verdict, Verdict::Inconclusive, "{}", reasons(&report));
}

#[test]
fn what_a_function_dropped_before_the_fault_is_its_own_and_voids_the_drill() {
    let fate = |device, seq| match (device, seq) {
        (1, 200..=205) => Fate::Bucket,
        _ => Fate::There,
    };
    let mut run = with_function(fate, |_| Some(0));
    // It ended well with them, seconds after they were produced, and wrote none of them.
    run.ledger.retain(|record| match record {
        LedgerRecord::DeliveryReceipts(marks) if marks.stage == Stage::Stored => {
            !(marks.messages[0].device == 1 && (200..=205).contains(&marks.messages[0].seq))
        }
        _ => true,
    });
    let yaml = run.scenario.clone();
    let killed = "  - {id: killed, at: 35m, do: iot.kill_broker, region: primary}\ndetection:";
    run.scenario = Run::new(
        &self::yaml()
            .replace(
                "  iot:\n",
                "  functions:\n    ingest: {built_in: telemetry-ingest, bucket: telemetry}\n  iot:\n",
            )
            .replace("to: {bucket: telemetry}", "to: {function: ingest}")
            .replace("detection:", killed),
    )
    .scenario;
    assert_ne!(run.scenario, yaml);
    run.injection("killed", 2100, &[]);
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!(data.lost_by_hop, BTreeMap::from([("function".to_owned(), 6)]));
    assert_eq!(data.lost_by_cause[0].cause, "function ingest");
    assert!(
        reasons(&report).contains("Lost in the steady state: 6 writes of telemetry"),
        "{}",
        reasons(&report)
    );
}

#[test]
fn a_message_is_lost_to_the_cause_that_removed_its_object() {
    let mut run = fleet(|device, seq| match (device, seq) {
        (_, 250) => Fate::Bucket,
        _ => Fate::There,
    });
    let mut deleted = |s: i64, step: &str, key: &str| {
        run.ledger.push(LedgerRecord::Change(Change {
            at: at(s),
            by: Changer::Step(step.into()),
            operation: "s3:DeleteObject".into(),
            changed: Changed::Value {
                store: "telemetry".into(),
                region: "primary".into(),
                key: key.into(),
                left: Left::Nothing,
            },
        }));
    };
    deleted(2600, "assess", "junk/1");
    deleted(3500, "restore", "telemetry/250");
    let report = run.report();
    let data = telemetry(&report);
    let causes: Vec<(&str, u64)> = data
        .lost_by_cause
        .iter()
        .map(|cause| (cause.cause.as_str(), cause.count))
        .collect();
    assert_eq!(causes, [("step restore", 3)]);
    // From the loss itself to what was lost.
    assert!(
        data.disruptions[0].rpa_s.is_some_and(|rpa| rpa >= 1000.0),
        "{data:#?}"
    );
}
