//! Hand-made runs: a scenario, events at given seconds, a ledger and what audits read.
//!
//! [`recovered`] is a drill in which all goes well; tests change one thing in it and look what follows.

use std::collections::BTreeMap;

use drill::audit::{AuditRecord, Found};
use drill::journal::{
    AuditId, EndReason, Event, FaultEnd, Health, Journal, Line, Protection, ProtectionKind, Purpose, Record,
    StepEnd, StepError, StepOutcome, VERSION,
};
use drill::ledger::{Change, Changed, Changer, HISTORY, LedgerRecord, Left, Write, WriteKind};
use drill::measures::{Recording, judge};
use drill::report::Report;
use drill::scenario::Scenario;
use drill::units::{DrillTime, Span};

pub(crate) use crate::consistency::check_sums;
pub(crate) use crate::lookup::*;

/// One bucket, one service, one fault at 35m, three steps.
pub(crate) const SCENARIO: &str = r#"
version: 1
name: hand-made
title: Objects are deleted
system: test
exercise: functional
objectives:
  mtd: 8h
  source: "plan:14"
  services:
    delivery: {probe: objects, data: programs, rto: 1h, rpo: 15m, source: "plan:44"}
cloud:
  regions: {primary: us-west-2, backup: us-east-1}
  buckets:
    programs:
      name: programs-bucket
      versioned: true
      objects: {count: 10, size: 1KiB..2KiB, history: 8d}
      replicate: {to: backup, lag: {p50: 20s, p99: 10m}}
writers:
  programs: {do: s3.put_object, bucket: programs, every: 30s}
probes:
  objects: {do: s3.get_object, bucket: programs, sample: 5, every: 30s, timeout: 5s}
steady_state: {hold: 10m}
faults:
  - {id: loss, at: 35m, do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}
detection: {probe: objects, failing: "3 of 5", every: 1m, from: external}
runbook:
  - {id: declare, do: human, within: 0m..20m, takes: {p50: 5m, p95: 15m}, source: assumed}
  - {id: assess, do: s3.audit, bucket: programs}
  - {id: restore, do: s3.restore_objects, damaged: assess, from: {bucket: programs, region: backup}, within: 0m..60m, source: "plan:151"}
"#;

/// When the fault of [`SCENARIO`] is injected.
pub(crate) const FAULT: i64 = 2100;
/// When the service of [`recovered`] is back.
pub(crate) const BACK: i64 = 3600;
/// The cut of audit A in [`recovered`].
pub(crate) const CUT: i64 = 3900;
/// The end of [`recovered`].
pub(crate) const END: i64 = 4500;

/// A run in the making.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    pub(crate) events: Vec<(DrillTime, Event)>,
    pub(crate) ledger: Vec<LedgerRecord>,
    pub(crate) audit: Vec<AuditRecord>,
    /// The seal of a run that came to its end was removed.
    pub(crate) lacks_seal: bool,
}

pub(crate) fn at(s: i64) -> DrillTime {
    DrillTime::from_secs(s)
}

pub(crate) fn secs(s: i64) -> Span {
    Span::from_secs(s)
}

impl Run {
    pub(crate) fn new(yaml: &str) -> Run {
        let (scenario, _) = Scenario::parse("test.yaml", yaml).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let mut run = Run {
            scenario,
            events: Vec::new(),
            ledger: Vec::new(),
            audit: Vec::new(),
            lacks_seal: false,
        };
        run.event(
            0,
            Event::Started {
                tool: "test".into(),
                scenario: "hand-made".into(),
                scenario_sha256: "abc".into(),
                plan_sha256: "def".into(),
                seed: 7,
                cloud: "embedded".into(),
                speed: 120.0,
                speed_is_auto: false,
                durations: None,
                details_sha256: None,
                exercise: None,
                interactive: false,
                answers_from_file: false,
            },
        );
        run
    }

    pub(crate) fn event(&mut self, s: i64, event: Event) -> &mut Run {
        self.events.push((at(s), event));
        self
    }

    /// Takes away the events that `gone` says.
    pub(crate) fn without(&mut self, gone: impl Fn(&Event) -> bool) -> &mut Run {
        self.events.retain(|(_, event)| !gone(event));
        self
    }

    /// Changes every event as `change` does.
    pub(crate) fn change(&mut self, mut change: impl FnMut(&mut DrillTime, &mut Event)) -> &mut Run {
        self.events.iter_mut().for_each(|(at, event)| change(at, event));
        self
    }

    pub(crate) fn steady(&mut self) -> &mut Run {
        self.event(
            FAULT,
            Event::SteadyState {
                reached: true,
                detail: "green for 10m".into(),
            },
        )
    }

    pub(crate) fn result(&mut self, probe: &str, s: i64, health: Health) -> &mut Run {
        let (purpose, began) = (Purpose::Health, at(s - 1));
        let (passed, sampled) = (if health == Health::Green { 5 } else { 2 }, 5);
        let detail = None;
        self.event(
            s,
            Event::Probe {
                probe: probe.into(),
                purpose,
                began,
                health,
                passed,
                sampled,
                detail,
                via: BTreeMap::new(),
            },
        )
    }

    /// Results every 30 s from `from` to before `to`.
    pub(crate) fn results(&mut self, probe: &str, from: i64, to: i64, health: Health) -> &mut Run {
        (from..to).step_by(30).for_each(|s| {
            self.result(probe, s, health);
        });
        self
    }

    /// Gives every red result a reason.
    pub(crate) fn reds_say(&mut self, reason: impl Fn(DrillTime) -> &'static str) -> &mut Run {
        for (when, event) in &mut self.events {
            if let Event::Probe {
                health: Health::Red,
                detail,
                ..
            } = event
            {
                *detail = Some(reason(*when).to_owned());
            }
        }
        self
    }

    /// Forgets the results of a probe from `from` on.
    pub(crate) fn forget_results(&mut self, probe: &str, from: i64) -> &mut Run {
        let theirs = |event: &Event| matches!(event, Event::Probe { probe: p, purpose: Purpose::Health, .. } if p == probe);
        self.events
            .retain(|(when, event)| !(theirs(event) && *when >= at(from)));
        self
    }

    pub(crate) fn injection(&mut self, fault: &str, s: i64, targets: &[String]) -> &mut Run {
        let (fault, targets) = (fault.to_owned(), targets.to_vec());
        let action = "s3.delete_objects".to_owned();
        self.event(
            s,
            Event::FaultInjected {
                fault: fault.clone(),
                action,
                targets,
            },
        );
        let evidence = "3 of 3 answered NoSuchKey".to_owned();
        self.event(
            s + 1,
            Event::FaultProven {
                fault,
                proven: true,
                evidence,
            },
        )
    }

    pub(crate) fn fault_ends(&mut self, fault: &str, s: i64) -> &mut Run {
        self.event(
            s,
            Event::FaultEnded {
                fault: fault.into(),
                by: FaultEnd::Itself,
            },
        )
    }

    pub(crate) fn detected(&mut self, s: i64) -> &mut Run {
        let (probe, purpose) = ("objects".to_owned(), Purpose::Detection);
        let (began, health, detail) = (at(s), Health::Red, None);
        let event = Event::Probe {
            probe,
            purpose,
            began,
            health,
            passed: 0,
            sampled: 5,
            detail,
            via: BTreeMap::new(),
        };
        self.event(s, event);
        self.event(
            s,
            Event::Detected {
                probe: "objects".into(),
                detail: "3 of the last 5".into(),
            },
        )
    }

    /// A step that is done; what is not measured is modelled.
    pub(crate) fn step(&mut self, id: &str, from: i64, to: i64, measured: i64) -> &mut Run {
        self.step_end(
            from,
            to,
            StepEnd {
                measured: secs(measured),
                modelled: secs(to - from - measured),
                ..done(id)
            },
        )
    }

    pub(crate) fn step_end(&mut self, from: i64, to: i64, end: StepEnd) -> &mut Run {
        let (step, action) = (end.step.clone(), end.action.clone());
        self.event(from, Event::StepStarted { step, action });
        self.event(to, Event::StepEnded(end))
    }

    pub(crate) fn write(&mut self, write: Write) -> &mut Run {
        self.ledger.push(LedgerRecord::Write(write));
        self
    }

    /// An audit that reads what `found` gives for every key of the ledger.
    pub(crate) fn audit(&mut self, audit: AuditId, cut: i64, found: impl Fn(&str) -> Found) -> &mut Run {
        let (cut, ended) = (at(cut), at(cut + 10));
        self.events.push((
            cut,
            Event::Audit {
                audit,
                cut,
                complete: None,
                detail: String::new(),
            },
        ));
        self.audit.push(AuditRecord::Began { audit, cut, at: cut });
        let mut keys: Vec<String> = self
            .ledger
            .iter()
            .filter_map(|record| match record {
                LedgerRecord::Write(write) => Some(write.key.clone()),
                _ => None,
            })
            .collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let (bucket, region, found) = ("programs".to_owned(), "primary".to_owned(), found(&key));
            self.audit.push(AuditRecord::Value {
                audit,
                store: bucket,
                region,
                key,
                found,
            });
        }
        self.audit.push(AuditRecord::Ended { audit, at: ended });
        self.events.push((
            ended,
            Event::Audit {
                audit,
                cut,
                complete: Some(true),
                detail: String::new(),
            },
        ));
        self
    }

    /// Both audits read the same.
    pub(crate) fn audits(&mut self, found: impl Fn(&str) -> Found) -> &mut Run {
        self.audit.clear();
        self.without(|event| matches!(event, Event::Audit { .. }));
        self.restored(&found);
        self.audit(AuditId::A, CUT, &found);
        self.audit(AuditId::B, END - 20, &found)
    }

    /// Step `restore`, if it ran, put back what audits find of the fault's targets.
    fn restored(&mut self, found: impl Fn(&str) -> Found) {
        let by = Changer::Step("restore".into());
        self.ledger
            .retain(|record| !matches!(record, LedgerRecord::Change(change) if change.by == by));
        let ran = |(_, event): &(DrillTime, Event)| matches!(event, Event::StepStarted { step, .. } if step == "restore");
        let Some((began, _)) = self.events.iter().find(|event| ran(event)).cloned() else {
            return;
        };
        let targets: Vec<String> = self
            .events
            .iter()
            .filter_map(|(_, event)| match event {
                Event::FaultInjected { fault, targets, .. } if fault == "loss" => Some(targets.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        for key in targets {
            if found(&key) == body(&key) {
                let left = Left::Body(digest(&key));
                self.object_changed("restore", began + secs(10), &key, left);
            }
        }
    }

    /// A step changed an object of the bucket at home.
    pub(crate) fn object_changed(&mut self, step: &str, when: DrillTime, key: &str, left: Left) -> &mut Run {
        self.ledger.push(LedgerRecord::Change(Change {
            at: when,
            by: Changer::Step(step.into()),
            operation: "s3:PutObject".into(),
            changed: Changed::Value {
                store: "programs".into(),
                region: "primary".into(),
                key: key.into(),
                left,
            },
        }));
        self
    }

    /// The step never ran, and changed nothing.
    pub(crate) fn without_step(&mut self, id: &str) -> &mut Run {
        self.without(|event| match event {
            Event::StepStarted { step, .. } => step == id,
            Event::StepEnded(end) => end.step == id,
            _ => false,
        });
        self.ledger.retain(
            |record| !matches!(record, LedgerRecord::Change(change) if change.by == Changer::Step(id.into())),
        );
        self
    }

    pub(crate) fn finish(&mut self, s: i64, reason: EndReason) -> &mut Run {
        self.without(|event| {
            matches!(
                event,
                Event::Sealed { .. } | Event::Clock { .. } | Event::Finished { .. } | Event::Protection(_)
            )
        });
        for kind in [
            ProtectionKind::Versioning,
            ProtectionKind::Replication,
            ProtectionKind::Copies,
        ] {
            self.protected(s, kind, Some(true));
        }
        for record in [Record::Ledger, Record::Audit] {
            self.event(
                s,
                Event::Sealed {
                    record,
                    sha256: "0".into(),
                },
            );
        }
        let lag_drill_p99 = secs(1);
        self.event(
            s,
            Event::Clock {
                lag_ms_p99: 2.0,
                lag_ms_max: 9.0,
                lag_drill_p99,
                fleet_lag_drill_p99: secs(0),
                rates: vec![],
                limits: vec![],
            },
        );
        self.event(s, Event::Finished { reason })
    }

    /// How a protection of the bucket at home was found.
    pub(crate) fn protected(&mut self, s: i64, kind: ProtectionKind, holds: Option<bool>) -> &mut Run {
        self.without(|event| matches!(event, Event::Protection(known) if known.kind == kind));
        self.event(
            s,
            Event::Protection(Protection {
                of: "programs".into(),
                region: "primary".into(),
                kind,
                holds,
                found: "as it was found".into(),
            }),
        )
    }

    pub(crate) fn recording(&self) -> Recording {
        let mut events = self.events.clone();
        events.sort_by_key(|(when, event)| (*when, matches!(event, Event::Finished { .. })));
        let line = |(seq, (drill_us, event)): (u64, (DrillTime, Event))| Line {
            v: VERSION,
            seq,
            drill_us,
            wall_us: 1_790_000_000_000_000 + seq as i64 * 1_000,
            prev: String::new(),
            event,
        };
        Recording {
            journal: Journal {
                lines: (0..).zip(events).map(line).collect(),
                torn: false,
            },
            ledger: self.ledger.clone(),
            audit: self.audit.clone(),
            seal: None,
            lacks_seal: self.lacks_seal,
        }
    }

    pub(crate) fn report(&self) -> Report {
        let report = judge(&self.scenario, &self.recording()).report;
        check_sums(&report);
        report
    }
}

pub(crate) fn done(id: &str) -> StepEnd {
    StepEnd {
        step: id.into(),
        action: "test".into(),
        outcome: StepOutcome::Done,
        measured: Span::ZERO,
        modelled: Span::ZERO,
        observed: Span::ZERO,
        source: None,
        calls: 3,
        bytes: 1000,
        retries: 0,
        sequential_waits: 0,
        attempts: 1,
        charged: Span::ZERO,
        guards: Vec::new(),
        error: None,
        detail: None,
        performed: None,
    }
}

pub(crate) fn failed(id: &str, operation: &str, code: &str, message: &str) -> StepEnd {
    let error = StepError {
        operation: operation.into(),
        code: code.into(),
        message: message.into(),
    };
    StepEnd {
        outcome: StepOutcome::Failed,
        error: Some(error),
        ..done(id)
    }
}

/// The bytes of a key, as a digest: its own name.
pub(crate) fn digest(key: &str) -> [u8; 32] {
    let mut digest = [0; 32];
    key.bytes()
        .take(32)
        .enumerate()
        .for_each(|(n, byte)| digest[n] = byte);
    digest
}

/// A put that was acknowledged within a second.
pub(crate) fn put(key: &str, produced: i64) -> Write {
    Write {
        store: "programs".into(),
        producer: "programs".into(),
        region: "primary".into(),
        key: key.into(),
        kind: WriteKind::Put,
        produced: at(produced),
        acknowledged: Some(at(produced) + Span::from_millis(500)),
        digest: digest(key),
        size: 1024,
    }
}

/// What the writer's object of second `s` is called.
pub(crate) fn key(s: i64) -> String {
    format!("programs/{s:05}")
}

/// The second that a writer's key names; `None` for history.
pub(crate) fn second(key: &str) -> Option<i64> {
    key.strip_prefix("programs/")?.parse().ok()
}

pub(crate) fn body(key: &str) -> Found {
    Found::Body {
        digest: digest(key),
        size: 1024,
        last_modified: at(0),
    }
}

/// The ledger of [`SCENARIO`]: ten objects of history, then one every 30 s.
pub(crate) fn writes(run: &mut Run) {
    for n in 0..10 {
        let mut write = put(&format!("history/{n}"), -86_400 * (n + 1) / 2);
        write.producer = HISTORY.into();
        run.write(write);
    }
    (0..END - 100).step_by(30).for_each(|s| {
        run.write(put(&key(s), s));
    });
}

/// The keys of [`writes`] that a fault touched: everything that was written before it.
pub(crate) fn targets() -> Vec<String> {
    (0..FAULT).step_by(30).map(key).collect()
}

/// A drill in which all goes well: 25 minutes of red, nothing lost.
pub(crate) fn recovered() -> Run {
    recovered_under(SCENARIO)
}

/// The same under another scenario with the same fault, steps and probe.
pub(crate) fn recovered_under(yaml: &str) -> Run {
    let mut run = Run::new(yaml);
    run.results("objects", 5, FAULT, Health::Green)
        .steady()
        .injection("loss", FAULT, &targets());
    run.results("objects", FAULT + 5, BACK, Health::Red)
        .detected(2280);
    run.step("declare", 2280, 3180, 0)
        .step("assess", 3180, 3190, 10)
        .step("restore", 3190, 3550, 60);
    run.results("objects", BACK, END, Health::Green);
    writes(&mut run);
    run.audits(body).finish(END, EndReason::Recovered);
    run
}
