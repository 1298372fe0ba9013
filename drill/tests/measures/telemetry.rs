//! Losses of telemetry, planted hop by hop, on hand-made bitmaps, marks and batches.

use std::collections::BTreeMap;

use drill::audit::{AuditRecord, Found};
use drill::journal::{AuditId, Component, EndReason, Event, FleetCounters, Health};
use drill::ledger::{
    CANARY, Change, Changed, Changer, DeliveryReceipts, DeviceMessages, Epoch, LedgerRecord, Left, MessageId,
    Stage,
};
use drill::measures::judge;
use drill::report::{DataSet, Metric, ObjectiveVerdict, Report, Verdict};
use drill::units::{DrillTime, Span};

use crate::support::*;

pub(crate) const DEVICES: u32 = 3;

pub(crate) fn yaml() -> String {
    SCENARIO
        .replace("writers:", "    telemetry: {name: telemetry-bucket, versioned: true}\n  iot:\n    rules:\n      telemetry: {topic: \"dt/+/telemetry\", to: {bucket: telemetry}}\nwriters:")
        .replace("    delivery:", "    telemetry: {probe: path, data: telemetry, rto: 1h, rpo: 15m, expect: unaffected}\n    delivery:")
        .replace("probes:", "fleet: {devices: 3, profile: aws-full-jitter, telemetry: {every: 10s, payload: 128B}}\nprobes:\n  path: {do: path.telemetry, every: 30s, timeout: 90s}")
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Outbox,
    /// It was neither acknowledged nor dropped.
    Pending,
    Broker,
    Rule,
    Bucket,
    There,
    Twice,
    /// There, ten minutes late.
    Late,
    /// There, though the device never had an answer.
    Unanswered,
}

/// A drill with telemetry: each device produces a message every 10 s, 3 s into its epoch, and `fate` says
/// what became of message `seq` of `device`.
pub(crate) fn fleet(fate: impl Fn(u32, u32) -> Fate) -> Run {
    let mut run = recovered_under(&yaml());
    run.results("path", 5, END, Health::Green);
    let (mut found, mut received) = (Vec::new(), Vec::new());
    for n in 0..(END as u32 - 100) / 10 {
        let start = at(i64::from(n) * 10);
        let mut epoch = Epoch {
            start,
            end: start + secs(10),
            devices: Vec::new(),
        };
        for device in 0..DEVICES {
            let fate = fate(device, n);
            let bit = |set: bool| vec![u8::from(set)];
            epoch.devices.push(DeviceMessages {
                device,
                first_seq: n,
                count: 1,
                acknowledged: bit(!matches!(fate, Fate::Outbox | Fate::Pending | Fate::Unanswered)),
                dropped: bit(fate == Fate::Outbox),
            });
            let (id, produced) = (MessageId { device, seq: n }, start + secs(3));
            if fate >= Fate::Rule {
                received.push((id, Stage::RuleReceived, produced + secs(1)));
            }
            if fate >= Fate::Bucket {
                let age = if fate == Fate::Late { secs(600) } else { secs(8) };
                received.push((id, Stage::RuleDelivered, produced + age));
            }
            if fate >= Fate::There {
                found.push((id, produced));
            }
            if fate == Fate::Twice {
                found.push((id, produced));
            }
        }
        run.ledger.push(LedgerRecord::Epoch(epoch));
    }
    let mark = |(id, stage, at)| {
        LedgerRecord::DeliveryReceipts(DeliveryReceipts {
            rule: "telemetry".into(),
            stage,
            region: "us-west-2".into(),
            at,
            key: Some(key_of(id)),
            messages: vec![id],
        })
    };
    run.ledger.extend(received.into_iter().map(mark));
    batch(&mut run, AuditId::A, found.clone(), 0);
    batch(&mut run, AuditId::B, found, 0);
    run
}

/// The object in which a message is.
pub(crate) fn key_of(id: MessageId) -> String {
    format!("telemetry/{}", id.seq)
}

/// A fault slows the bucket from 2100 on.
pub(crate) fn slowed(run: &mut Run) {
    let slow =
        "  - {id: slow, at: 35m, do: aws.latency, operation: PutObject, latency: 9m, principals: rule}\n";
    run.scenario = Run::new(&yaml().replace("detection:", &format!("{slow}detection:"))).scenario;
    run.injection("slow", 2100, &[]);
}

pub(crate) fn batch(run: &mut Run, audit: AuditId, messages: Vec<(MessageId, DrillTime)>, unreadable: u32) {
    let (bucket, region, key) = (
        "telemetry".to_owned(),
        "primary".to_owned(),
        "telemetry/1".to_owned(),
    );
    let readable_at = at(4000);
    run.audit.push(AuditRecord::Messages {
        audit,
        store: bucket,
        region,
        key,
        readable_at,
        messages,
        unreadable,
    });
}

pub(crate) fn telemetry(report: &Report) -> &DataSet {
    report.data.iter().find(|data| data.name == "telemetry").unwrap()
}

/// The messages that are produced before the cut of audit A.
pub(crate) const COUNTED: u64 = 390 * DEVICES as u64;

#[test]
fn what_arrives_is_stable_and_untouched() {
    let report = fleet(|_, _| Fate::There).report();
    let data = telemetry(&report);
    assert_eq!(
        (data.counted, data.stable, data.acknowledged),
        (COUNTED, COUNTED, COUNTED)
    );
    assert_eq!((data.rpa_s, data.counted_from.as_str()), (Some(0.0), "produced"));
    let rpo = objective(&report, "telemetry", Metric::Rpo);
    assert_eq!(
        (rpo.verdict, rpo.actual_s),
        (ObjectiveVerdict::Unaffected, Some(0.0))
    );
    assert_eq!(report.verdict, Verdict::Pass, "{}", reasons(&report));
}

#[test]
fn every_hop_at_which_a_message_can_die_is_told() {
    let fates = [
        Fate::Outbox,
        Fate::Pending,
        Fate::Broker,
        Fate::Rule,
        Fate::Bucket,
    ];
    let report = fleet(|device, seq| match (device, seq.checked_sub(211)) {
        (1, Some(n @ 0..5)) => fates[n as usize],
        _ => Fate::There,
    })
    .report();
    let data = telemetry(&report);
    let hops = [("broker", 1), ("bucket", 1), ("outbox", 2), ("rule", 1)];
    assert_eq!(
        data.lost_by_hop,
        BTreeMap::from(hops.map(|(hop, n)| (hop.to_owned(), n)))
    );
    assert_eq!((data.lost, data.counted), (5, COUNTED));
    assert_eq!(
        objective(&report, "telemetry", Metric::Rpo).verdict,
        ObjectiveVerdict::Fail,
        "none was expected"
    );
}

#[test]
fn losses_are_dated_by_their_epochs_and_say_so() {
    // Message 205 lies in 2050..2060, message 219 in 2190..2200; the fault of another bucket is at 2100.
    let report = fleet(|_, seq| {
        if (205..220).contains(&seq) {
            Fate::Outbox
        } else {
            Fate::There
        }
    })
    .report();
    let data = telemetry(&report);
    assert_eq!(
        (data.oldest_lost_s, data.newest_lost_s),
        (Some(2050.0), Some(2200.0))
    );
    // The fault of another bucket dates nothing here.
    assert_eq!((data.rpa_s, data.rpa_at_least_s), (None, Some(150.0)));
    assert_eq!(data.resolution_s, 20.0);
    assert_eq!(objective(&report, "telemetry", Metric::Rpo).error_s, 21.0);
}

#[test]
fn late_messages_are_aged_by_the_mark_of_their_delivery() {
    let mut run = fleet(|device, seq| match (device, seq) {
        (2, 220..230) => Fate::Late,
        _ => Fate::There,
    });
    // Nothing slowed them: it was this machine.
    let report = run.report();
    assert_eq!(
        (telemetry(&report).delayed, telemetry(&report).late_here),
        (0, 10)
    );
    slowed(&mut run);
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!((data.delayed, data.stable, data.lost), (10, COUNTED - 10, 0));
    assert_eq!((data.delay_s["p50"], data.delay_s["max"]), (600.0, 600.0));
}

#[test]
fn a_message_delivered_twice_arrived_with_the_first() {
    let mut run = fleet(|_, _| Fate::There);
    let again: Vec<LedgerRecord> = run
        .ledger
        .iter()
        .filter_map(|record| match record {
            LedgerRecord::DeliveryReceipts(marks) if marks.stage == Stage::RuleDelivered => {
                let at = marks.at + secs(600);
                Some(LedgerRecord::DeliveryReceipts(DeliveryReceipts {
                    at,
                    ..marks.clone()
                }))
            }
            _ => None,
        })
        .collect();
    run.ledger.extend(again);
    assert_eq!(telemetry(&run.report()).delayed, 0);
}

#[test]
fn what_a_step_took_from_the_bucket_is_no_loss_of_the_steady_state() {
    let mut run = fleet(|device, seq| {
        if (device, seq) == (1, 50) {
            Fate::Bucket
        } else {
            Fate::There
        }
    });
    assert!(reasons(&run.report()).contains("Lost in the steady state: 1 write of telemetry"));
    run.ledger.push(LedgerRecord::Change(Change {
        at: at(3500),
        by: Changer::Step("restore".into()),
        operation: "s3:DeleteObject".into(),
        changed: Changed::Value {
            store: "telemetry".into(),
            region: "primary".into(),
            key: "telemetry/50".into(),
            left: Left::Nothing,
        },
    }));
    let report = run.report();
    assert!(!reasons(&report).contains("steady state"));
    assert_eq!(telemetry(&report).lost_by_cause[0].cause, "step restore");
}

#[test]
fn without_a_mark_the_objects_date_says_when_it_became_readable() {
    let mut run = fleet(|_, _| Fate::There);
    run.ledger
        .retain(|record| !matches!(record, LedgerRecord::DeliveryReceipts(_)));
    let report = run.report();
    let data = telemetry(&report);
    // Readable at 4000 s, when even the last message before the cut was late.
    assert_eq!((data.late_here, data.lost), (COUNTED, 0));
    slowed(&mut run);
    let report = run.report();
    assert_eq!(telemetry(&report).delay_s["max"], 3997.0);
}

#[test]
fn duplicates_strangers_and_canaries_are_told_apart() {
    let mut run = fleet(|device, seq| {
        if device == 0 && seq < 4 {
            Fate::Twice
        } else {
            Fate::There
        }
    });
    let id = |device, seq| (MessageId { device, seq }, at(100));
    batch(
        &mut run,
        AuditId::A,
        vec![id(77, 0), id(77, 0), id(CANARY, 5), id(1, 9999)],
        0,
    );
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!((data.duplicated, data.unexpected, data.counted), (4, 2, COUNTED));
}

#[test]
fn a_message_without_an_answer_that_is_there_is_not_lost() {
    let report = fleet(|_, seq| if seq == 100 { Fate::Unanswered } else { Fate::There }).report();
    let data = telemetry(&report);
    assert_eq!(
        (data.lost, data.recovered, data.acknowledged),
        (0, 0, COUNTED - 3)
    );
}

#[test]
fn broken_lines_are_messages_with_other_bytes() {
    let mut run = fleet(|device, seq| {
        if device == 0 && (211..214).contains(&seq) {
            Fate::Bucket
        } else {
            Fate::There
        }
    });
    batch(&mut run, AuditId::A, vec![], 2);
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!((data.corrupted, data.lost), (2, 1));
    assert_eq!(data.lost_by_hop, BTreeMap::from([("bucket".to_owned(), 1)]));
}

#[test]
fn a_loss_before_any_fault_voids_the_drill() {
    let report = fleet(|device, seq| {
        if (device, seq) == (1, 50) {
            Fate::Broker
        } else {
            Fate::There
        }
    })
    .report();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        reasons(&report).contains("Lost in the steady state: 1 write of telemetry"),
        "{}",
        reasons(&report)
    );
    for objective in &report.objectives {
        assert_eq!(objective.verdict, ObjectiveVerdict::Inconclusive, "{objective:?}");
    }
    // What was still under way when the fault was injected may be the fault's doing.
    let report = fleet(|device, seq| {
        if (device, seq) == (1, 200) {
            Fate::Outbox
        } else {
            Fate::There
        }
    })
    .report();
    assert!(!reasons(&report).contains("steady state"), "{}", reasons(&report));
}

#[test]
fn objects_that_cannot_be_read_make_it_inconclusive_and_nothing_lost() {
    let mut run = fleet(|device, seq| {
        if device == 0 && seq > 211 {
            Fate::Bucket
        } else {
            Fate::There
        }
    });
    let (audit, bucket, region) = (AuditId::A, "telemetry".to_owned(), "primary".to_owned());
    let found = Found::Unreadable {
        error: "InternalError".into(),
    };
    run.audit.push(AuditRecord::Value {
        audit,
        store: bucket,
        region,
        key: "telemetry/2".into(),
        found,
    });
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!((data.lost, data.unknown), (0, 390 - 212));
    assert_eq!(
        objective(&report, "telemetry", Metric::Rpo).verdict,
        ObjectiveVerdict::Inconclusive
    );
}

#[test]
fn later_audits_tell_what_arrived_and_what_went() {
    let mut run = fleet(|device, seq| match (device, seq) {
        (0, 211..213) => Fate::Outbox,
        _ => Fate::There,
    });
    let late = |seq: u32| (MessageId { device: 0, seq }, at(i64::from(seq) * 10 + 3));
    batch(&mut run, AuditId::B, vec![late(211)], 0);
    for record in &mut run.audit {
        if let AuditRecord::Messages {
            audit: AuditId::B,
            messages,
            ..
        } = record
        {
            messages.retain(|(id, _)| (id.device, id.seq) != (2, 7));
        }
    }
    let report = run.report();
    let data = telemetry(&report);
    assert_eq!((data.recovered_later, data.lost_in_failback), (1, 1));
}

#[test]
fn an_epoch_that_the_cut_falls_into_is_left_out() {
    let mut run = fleet(|_, _| Fate::There);
    for record in &mut run.audit {
        if let AuditRecord::Began {
            audit: AuditId::A,
            cut,
            ..
        } = record
        {
            *cut = at(CUT) + Span::from_secs(5);
        }
    }
    assert_eq!(telemetry(&run.report()).counted, COUNTED);
}

#[test]
fn a_saturated_fleet_or_rule_makes_telemetry_inconclusive() {
    let other = Component::Other("something else".to_owned());
    for what in [Component::Fleet, Component::Rule("telemetry".to_owned()), other] {
        let mut run = fleet(|_, _| Fate::There);
        run.event(
            3000,
            Event::Saturated {
                component: what.clone(),
                detail: "at its limit".into(),
            },
        );
        let report = run.report();
        assert_eq!(
            objective(&report, "telemetry", Metric::Rpo).verdict,
            ObjectiveVerdict::Inconclusive,
            "{what}"
        );
        assert_eq!(
            rpo(&report).verdict == ObjectiveVerdict::Inconclusive,
            matches!(what, Component::Other(_)),
            "{what}"
        );
    }
}

#[test]
fn the_fleets_return_is_among_the_phases() {
    let mut run = fleet(|_, _| Fate::There);
    let killed = "  - {id: killed, at: 35m, do: iot.kill_broker, region: primary}\ndetection:";
    run.scenario = Run::new(&yaml().replace("detection:", killed)).scenario;
    run.injection("killed", 2100, &[]);
    for n in 0..440 {
        let connected = if (211..240).contains(&n) { 1 } else { 3 };
        let counters = FleetCounters {
            devices: 3,
            connected,
            produced: n * 3,
            connect_attempts: n / 2,
            ..FleetCounters::default()
        };
        run.event(n as i64 * 10, Event::Fleet(counters));
    }
    run.finish(END, EndReason::Recovered);
    let report = run.report();
    let fleet = report.fleet.as_ref().unwrap();
    assert_eq!((fleet.devices, fleet.connected_peak), (3, 3));
    assert_eq!(fleet.reconnected_s["100"], Some(300.0));
    assert_eq!(fleet.reconnected_s["50"], Some(300.0));
    assert_eq!(fleet.connect_attempts_per_s_peak, 0.1);
    let phase = report
        .phases
        .iter()
        .find(|phase| phase.name == "fleet 90 %")
        .unwrap();
    assert_eq!((phase.start_s, phase.end_s), (2100.0, Some(2400.0)));
}

#[test]
fn the_loss_of_sessions_ends_with_what_brought_the_broker_back() {
    let mut run = fleet(|_, _| Fate::There);
    let killed = "  - {id: killed, at: 35m, do: iot.kill_broker, region: primary}\ndetection:";
    run.scenario = Run::new(&yaml().replace("detection:", killed)).scenario;
    run.injection("killed", 2100, &[]);
    for n in 0..440 {
        let counters = FleetCounters {
            devices: 3,
            connected: if (211..240).contains(&n) { 0 } else { 3 },
            produced: n * 3,
            ..FleetCounters::default()
        };
        run.event(n as i64 * 10, Event::Fleet(counters));
    }
    run.finish(END, EndReason::Recovered);
    let loss = |run: &Run| judge(&run.scenario, &run.recording()).session_loss.unwrap();
    let found = loss(&run);
    assert_eq!(
        (found.devices, found.begins_after, found.over),
        (3, secs(0), secs(0))
    );
    assert_eq!(found.opens_after, Some(secs(290)), "the last sample without them");
    let (region, detail) = ("primary".to_owned(), "restarted by step up".to_owned());
    let running = true;
    run.event(
        2394,
        Event::Broker {
            region,
            running,
            detail,
        },
    );
    assert_eq!(loss(&run).opens_after, Some(secs(294)));
    // A step that undid the fault says when, too.
    run.fault_ends("killed", 2397);
    assert_eq!(loss(&run).opens_after, Some(secs(297)));
}
