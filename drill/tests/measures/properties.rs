//! What holds of every run: counts add up, order in the audit changes nothing, nothing panics, and the
//! recovery point is what a simulation of the store says.

use drill::audit::{AuditRecord, Found};
use drill::journal::{
    AuditId, Component, EndReason, Event, FaultEnd, FleetCounters, Health, Purpose, StepEnd, StepOutcome,
};
use drill::ledger::{
    CANARY, Change, Changed, Changer, DeliveryReceipts, DeviceMessages, Epoch, LedgerRecord, Left, MessageId,
    Stage, Write, WriteKind,
};
use drill::measures::judge;
use drill::units::{DrillTime, Span};
use proptest::prelude::*;

use crate::support::*;

/// A scenario with both kinds of data.
fn both() -> String {
    SCENARIO
        .replace("writers:", "    telemetry: {name: telemetry-bucket}\n  iot:\n    rules:\n      telemetry: {topic: \"dt/+/telemetry\", to: {bucket: telemetry}}\nwriters:")
        .replace("    delivery:", "    telemetry: {probe: path, data: telemetry, rto: 1h, rpo: 15m}\n    delivery:")
        .replace("probes:", "fleet: {devices: 3, profile: aws-full-jitter, telemetry: {every: 10s, payload: 128B}}\nprobes:\n  path: {do: path.telemetry, every: 30s, timeout: 90s}")
}

/// Mostly plausible instants, and now and then one at the end of time.
fn instant() -> impl Strategy<Value = DrillTime> {
    prop_oneof![
        9 => (-9000i64..9000).prop_map(at),
        1 => any::<i64>().prop_map(DrillTime::from_us),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![9 => (0i64..2000).prop_map(secs), 1 => any::<i64>().prop_map(Span::from_us)]
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "objects",
        "path",
        "loss",
        "declare",
        "assess",
        "restore",
        "programs",
        "telemetry",
        "?",
    ])
    .prop_map(str::to_owned)
}

fn audit_id() -> impl Strategy<Value = AuditId> {
    prop::sample::select(vec![AuditId::A, AuditId::B])
}

fn health() -> impl Strategy<Value = Health> {
    prop::sample::select(vec![Health::Green, Health::Red, Health::Unknown])
}

fn probe_event() -> impl Strategy<Value = Event> {
    let region = prop::sample::select(vec!["", "primary", "backup"]);
    (name(), any::<bool>(), instant(), health(), region).prop_map(|(probe, watch, began, health, region)| {
        Event::Probe {
            probe,
            purpose: if watch {
                Purpose::Detection
            } else {
                Purpose::Health
            },
            began,
            health,
            passed: 0,
            sampled: 5,
            detail: (region == "backup").then(|| "programs/1: NoSuchKey".to_owned()),
            via: (!region.is_empty())
                .then(|| ("programs".to_owned(), region.to_owned()))
                .into_iter()
                .collect(),
        }
    })
}

fn step_end() -> impl Strategy<Value = Event> {
    let outcomes = vec![
        StepOutcome::Done,
        StepOutcome::Failed,
        StepOutcome::NotStarted,
        StepOutcome::Interrupted,
    ];
    (name(), prop::sample::select(outcomes), span(), span(), span()).prop_map(
        |(step, outcome, measured, modelled, observed)| {
            Event::StepEnded(StepEnd {
                outcome,
                measured,
                modelled,
                observed,
                ..done(&step)
            })
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let reasons = vec![
        EndReason::Recovered,
        EndReason::GaveUp,
        EndReason::AllMissed,
        EndReason::NotDetected,
    ];
    let ends = vec![FaultEnd::Itself, FaultEnd::Step, FaultEnd::Teardown];
    prop_oneof![
        8 => probe_event(),
        2 => step_end(),
        1 => name().prop_map(|step| Event::StepStarted { step, action: String::new() }),
        1 => name().prop_map(|fault| Event::FaultInjected { fault, action: String::new(), targets: vec![] }),
        1 => (name(), any::<bool>()).prop_map(|(fault, proven)| Event::FaultProven { fault, proven, evidence: String::new() }),
        1 => (name(), prop::sample::select(ends)).prop_map(|(fault, by)| Event::FaultEnded { fault, by }),
        1 => Just(Event::Detected { probe: "objects".into(), detail: String::new() }),
        1 => any::<bool>().prop_map(|reached| Event::SteadyState { reached, detail: String::new() }),
        1 => (audit_id(), instant(), any::<Option<bool>>())
            .prop_map(|(audit, cut, complete)| Event::Audit { audit, cut, complete, detail: String::new() }),
        1 => (0i64..9000, 0i64..3000).prop_map(|(due, late)| Event::CopiesLate { bucket: "programs".into(), due: at(due), late: secs(late) }),
        1 => name().prop_map(|probe| Event::Saturated { component: Component::Probe(probe), detail: String::new() }),
        1 => span().prop_map(|lag_drill_p99| Event::Clock { lag_ms_p99: 1.0, lag_ms_max: 2.0, lag_drill_p99, fleet_lag_drill_p99: lag_drill_p99, rates: vec![], limits: vec![] }),
        1 => (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(connected, produced, connect_attempts)| {
            Event::Fleet(FleetCounters { devices: 9, connected, produced, connect_attempts, ..FleetCounters::default() })
        }),
        1 => prop::sample::select(reasons).prop_map(|reason| Event::Finished { reason }),
    ]
}

fn digest_of() -> impl Strategy<Value = [u8; 32]> {
    (0u8..4).prop_map(|n| [n; 32])
}

fn ledger_record() -> impl Strategy<Value = LedgerRecord> {
    let bucket = || prop::sample::select(vec!["programs", "telemetry", "?"]).prop_map(str::to_owned);
    let producer =
        prop::sample::select(vec!["programs", "history", "canary/objects"]).prop_map(str::to_owned);
    let put = |put: bool| if put { WriteKind::Put } else { WriteKind::Delete };
    let write = (
        bucket(),
        producer,
        0u8..6,
        any::<bool>(),
        instant(),
        any::<bool>(),
        span(),
        digest_of(),
    )
        .prop_map(
            move |(bucket, producer, key, kind, produced, acknowledged, after, digest)| {
                let (key, kind, size) = (format!("key/{key}"), put(kind), 1);
                let acknowledged = acknowledged.then(|| produced + after);
                LedgerRecord::Write(Write {
                    store: bucket,
                    producer,
                    region: if digest[0] == 3 { "backup" } else { "primary" }.to_owned(),
                    key,
                    kind,
                    produced,
                    acknowledged,
                    digest,
                    size,
                })
            },
        );
    let device = || prop_oneof![9 => 0u32..4, 1 => Just(CANARY), 1 => any::<u32>()];
    let seq = || prop_oneof![9 => 0u32..40, 1 => any::<u32>()];
    let bits = || prop::collection::vec(any::<u8>(), 0..3);
    let messages = (device(), seq(), 0u32..20, bits(), bits()).prop_map(
        |(device, first_seq, count, acknowledged, dropped)| DeviceMessages {
            device,
            first_seq,
            count,
            acknowledged,
            dropped,
        },
    );
    let epoch =
        (instant(), span(), prop::collection::vec(messages, 0..4)).prop_map(|(start, length, devices)| {
            LedgerRecord::Epoch(Epoch {
                start,
                end: start + length,
                devices,
            })
        });
    let ids = prop::collection::vec(
        (device(), seq()).prop_map(|(device, seq)| MessageId { device, seq }),
        0..9,
    );
    let marks = (any::<bool>(), instant(), ids).prop_map(|(delivered, at, messages)| {
        let stage = if delivered {
            Stage::RuleDelivered
        } else {
            Stage::RuleReceived
        };
        LedgerRecord::DeliveryReceipts(DeliveryReceipts {
            rule: "telemetry".into(),
            stage,
            region: "us-west-2".into(),
            at,
            key: None,
            messages,
        })
    });
    let left = prop_oneof![
        digest_of().prop_map(Left::Body),
        Just(Left::Nothing),
        Just(Left::Unknown)
    ];
    let change = (instant(), name(), any::<bool>(), bucket(), 0u8..6, left).prop_map(
        |(at, who, step, bucket, key, left)| {
            LedgerRecord::Change(Change {
                at,
                by: if step {
                    Changer::Step(who)
                } else {
                    Changer::Other(who)
                },
                operation: "s3:PutObject".to_owned(),
                changed: Changed::Value {
                    store: bucket,
                    region: "primary".to_owned(),
                    key: format!("key/{key}"),
                    left,
                },
            })
        },
    );
    prop_oneof![3 => write, 2 => epoch, 1 => marks, 2 => change]
}

fn audit_record() -> impl Strategy<Value = AuditRecord> {
    let bucket = || prop::sample::select(vec!["programs", "telemetry"]).prop_map(str::to_owned);
    let region = || prop::sample::select(vec!["primary", "backup"]).prop_map(str::to_owned);
    let found = prop_oneof![
        (digest_of(), instant()).prop_map(|(digest, last_modified)| Found::Body {
            digest,
            size: 1,
            last_modified
        }),
        Just(Found::Missing),
        Just(Found::Unreadable {
            error: "InternalError".into()
        }),
    ];
    let object =
        (audit_id(), bucket(), region(), 0u8..7, found).prop_map(|(audit, bucket, region, key, found)| {
            AuditRecord::Value {
                audit,
                store: bucket,
                region,
                key: format!("key/{key}"),
                found,
            }
        });
    let message =
        ((0u32..5, 0u32..50), instant()).prop_map(|((device, seq), at)| (MessageId { device, seq }, at));
    let messages = (
        audit_id(),
        bucket(),
        region(),
        instant(),
        prop::collection::vec(message, 0..20),
        0u32..3,
    )
        .prop_map(|(audit, bucket, region, readable_at, messages, unreadable)| {
            let key = "telemetry/1".to_owned();
            AuditRecord::Messages {
                audit,
                store: bucket,
                region,
                key,
                readable_at,
                messages,
                unreadable,
            }
        });
    prop_oneof![
        6 => object,
        3 => messages,
        2 => (audit_id(), instant()).prop_map(|(audit, cut)| AuditRecord::Began { audit, cut, at: cut }),
        1 => (audit_id(), instant()).prop_map(|(audit, at)| AuditRecord::Ended { audit, at }),
        1 => (audit_id(), bucket()).prop_map(|(audit, bucket)| AuditRecord::Unlisted { audit, store: bucket, error: String::new() }),
    ]
}

prop_compose! {
    fn any_run()(
        events in prop::collection::vec((instant(), event()), 0..120),
        ledger in prop::collection::vec(ledger_record(), 0..60),
        audit in prop::collection::vec(audit_record(), 0..60),
    ) -> Run {
        let mut run = Run::new(&both());
        run.events.extend(events);
        (run.ledger, run.audit) = (ledger, audit);
        run
    }
}

/// A store of a few keys under writes, one fault that rolls keys back (or takes them away), and writes
/// that go on. What is lost follows from the simulation, not from reading it back.
#[derive(Clone, Debug)]
struct Simulation {
    /// Key and second of each write, in order of time.
    writes: Vec<(usize, i64)>,
    /// To which second each key is rolled back at the fault: a key without a write by then is gone.
    rolled_back: [Option<i64>; 4],
    fault: i64,
}

prop_compose! {
    fn simulation()(
        steps in prop::collection::vec((0usize..4, 1i64..80), 1..60),
        rolled_back in prop::array::uniform4(prop::option::of(-100i64..2500)),
        fault in 1i64..2500,
    ) -> Simulation {
        let mut now = 0;
        let writes = steps.into_iter().map(|(key, gap)| { now += gap; (key, now) }).collect();
        Simulation { writes, rolled_back, fault }
    }
}

impl Simulation {
    /// The second of the write that each key holds at the end.
    fn finally(&self, key: usize) -> Option<i64> {
        let of_key = || self.writes.iter().filter(|(k, _)| *k == key).map(|(_, at)| *at);
        if let Some(after) = of_key().rfind(|at| *at >= self.fault) {
            return Some(after);
        }
        let until = self.rolled_back[key].unwrap_or(i64::MAX);
        of_key().rfind(|at| *at < self.fault && *at <= until)
    }

    /// The writes that are damaged: of each key the newest, if the key holds an older one or none.
    fn damaged(&self) -> Vec<i64> {
        let superseded = |key: usize, at: i64| self.writes.iter().any(|(k, t)| *k == key && *t > at);
        let mut damaged: Vec<i64> = Vec::new();
        for (key, at) in &self.writes {
            if self.finally(*key).is_none_or(|there| there < *at) && !superseded(*key, *at) {
                damaged.push(*at);
            }
        }
        damaged
    }

    fn run(&self) -> Run {
        let mut run = Run::new(SCENARIO);
        run.injection(
            "loss",
            self.fault,
            &(0..4).map(|key| format!("key/{key}")).collect::<Vec<_>>(),
        );
        for (key, at) in &self.writes {
            let mut write = put(&format!("key/{key}"), *at);
            write.digest = stamp(*at);
            run.write(write);
        }
        run.audits(
            |name| match self.finally(name.strip_prefix("key/").unwrap().parse().unwrap()) {
                Some(second) => Found::Body {
                    digest: stamp(second),
                    size: 1,
                    last_modified: at(second),
                },
                None => Found::Missing,
            },
        );
        run.finish(9000, EndReason::Recovered);
        run.change(|_, event| {
            if let Event::Audit { cut, .. } = event {
                *cut = at(8000);
            }
        });
        for record in &mut run.audit {
            if let AuditRecord::Began { cut, .. } = record {
                *cut = at(8000);
            }
        }
        run
    }
}

fn stamp(second: i64) -> [u8; 32] {
    let mut digest = [0xee; 32];
    digest[..8].copy_from_slice(&second.to_le_bytes());
    digest
}

/// What was planted for each message: bits of what is known of it.
fn planted() -> impl Strategy<Value = Vec<(u32, bool, bool, bool, bool)>> {
    prop::collection::vec(
        (
            0u32..3,
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
        ),
        1..150,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_run_panics_and_all_counts_add_up(run in any_run()) {
        let report = judge(&run.scenario, &run.recording()).report;
        for data in &report.data {
            prop_assert_eq!(data.counted, data.stable + data.delayed + data.lost + data.corrupted + data.stale);
            prop_assert_eq!(data.lost_by_hop.values().sum::<u64>(), data.lost);
            prop_assert!(data.resurrected <= data.stale);
            if let Some(rpa) = data.rpa_s.or(data.rpa_at_least_s) {
                let parts = data.rpa_before_fault_s + data.rpa_after_fault_s;
                prop_assert!((rpa - parts).abs() <= 0.002 + rpa.abs() * 1e-9, "{} {}", rpa, parts);
            }
        }
        // The protection is judged once a fault has been injected.
        prop_assert!((5..=6).contains(&report.objectives.len()));
        for objective in &report.objectives {
            let parts = objective.measured_s + objective.modelled_s + objective.observed_s;
            if let Some(actual) = objective.actual_s {
                prop_assert!((parts - actual).abs() <= 0.000_5 + actual.abs() * 1e-9, "{:?}", objective);
            }
        }
        serde_json::to_vec_pretty(&report).unwrap();
    }

    #[test]
    fn the_order_of_the_audit_changes_nothing(run in any_run(), order in any::<prop::sample::Index>(), swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..80)) {
        let before = judge(&run.scenario, &run.recording());
        let mut shuffled = run.clone();
        let n = shuffled.audit.len();
        if n > 0 {
            shuffled.audit.rotate_left(order.index(n));
            swaps.iter().for_each(|(a, b)| shuffled.audit.swap(a.index(n), b.index(n)));
        }
        let after = judge(&shuffled.scenario, &shuffled.recording());
        prop_assert_eq!(serde_json::to_string(&before.report).unwrap(), serde_json::to_string(&after.report).unwrap());
    }

    #[test]
    fn the_recovery_point_is_what_a_simulation_says(simulation in simulation()) {
        let report = simulation.run().report();
        let data = &report.data[0];
        let damaged = simulation.damaged();
        prop_assert_eq!(data.lost + data.stale, damaged.len() as u64);
        prop_assert_eq!(data.corrupted, 0);
        let (Some(oldest), Some(newest)) = (damaged.iter().min(), damaged.iter().max()) else {
            prop_assert_eq!((data.rpa_s, data.rpa_at_least_s), (Some(0.0), None));
            return Ok(());
        };
        let neighbours = simulation.writes.iter().map(|(_, at)| (at - newest).abs()).filter(|gap| *gap > 0);
        let interval = neighbours.min().unwrap_or(0);
        let length = (*newest.max(&simulation.fault) - oldest).max(interval) as f64;
        let survived = (0..4).filter_map(|key| simulation.finally(key)).any(|there| there < *oldest);
        let expected = if survived { (Some(length), None) } else { (None, Some(length)) };
        prop_assert_eq!((data.rpa_s, data.rpa_at_least_s), expected);
        prop_assert_eq!(data.oldest_lost_s, Some(*oldest as f64));
        prop_assert_eq!(data.rpa_before_fault_s, (simulation.fault - oldest).max(0) as f64);
    }

    #[test]
    fn planted_losses_of_telemetry_are_found_where_they_died(planted in planted()) {
        let mut run = recovered_under(&both());
        let (mut expected, mut found) = (std::collections::BTreeMap::<&str, u64>::new(), Vec::new());
        for (seq, (device, acknowledged, received, delivered, there)) in (0u32..).zip(&planted) {
            let start = at(i64::from(seq) * 10);
            let bits = vec![u8::from(*acknowledged)];
            let devices = vec![DeviceMessages { device: *device, first_seq: seq, count: 1, acknowledged: bits, dropped: vec![] }];
            run.ledger.push(LedgerRecord::Epoch(Epoch { start, end: start + secs(10), devices }));
            let id = MessageId { device: *device, seq };
            let mut mark = |stage| {
                let (rule, at, messages) = ("telemetry".to_owned(), start + secs(5), vec![id]);
                run.ledger.push(LedgerRecord::DeliveryReceipts(DeliveryReceipts { rule, stage, region: "us-west-2".into(), at, key: None, messages }));
            };
            if *received { mark(Stage::RuleReceived) }
            if *delivered { mark(Stage::RuleDelivered) }
            if *there {
                found.push((id, start + secs(1)));
                continue;
            }
            let hop = match (*delivered, *received, *acknowledged) {
                (true, _, _) => "bucket",
                (_, true, _) => "rule",
                (_, _, true) => "broker",
                _ => "outbox",
            };
            *expected.entry(hop).or_default() += 1;
        }
        let (bucket, region, key) = ("telemetry".to_owned(), "primary".to_owned(), "telemetry/1".to_owned());
        run.audit.push(AuditRecord::Messages { audit: AuditId::A, store: bucket, region, key, readable_at: at(60), messages: found, unreadable: 0 });
        let report = run.report();
        let data = report.data.iter().find(|data| data.name == "telemetry").unwrap();
        let expected: std::collections::BTreeMap<String, u64> = expected.into_iter().map(|(hop, n)| (hop.to_owned(), n)).collect();
        prop_assert_eq!(&data.lost_by_hop, &expected);
        prop_assert_eq!(data.counted, planted.len() as u64);
    }
}
