//! Thousands of small random drills on a pure model of the store, judged twice: by the measures from the records that
//! they leave, and by an oracle that saw everything and goes by the definitions alone.
//!
//! ```text
//!   seed ──► drill (faults, steps, names, copies) ──► model, event by event  ──┬──► records ──► measures ──► report ┐
//!                                                                               └──► what really happened ──► oracle ┴ ?
//! ```
//!
//! A failure prints its seed; `FIREDRILL_ORACLE_SEED=17 cargo test -p drill --test measures oracle` runs that one alone.

use std::collections::{BTreeMap, BTreeSet};

use drill::audit::{AuditRecord, Found};
use drill::draw::Draws;
use drill::journal::{AuditId, EndReason, Event, Health, Purpose, StepEnd};
use drill::ledger::{Change, Changed, Changer, LedgerRecord, Left, Write, WriteKind};
use drill::report::{ClosedBy, Metric, Report};

use crate::support::*;

const RUNS: u64 = 2_000;

const EVERY: i64 = 30;
const STABLE: i64 = 300;
const OBSERVE: i64 = 600;
const RTO: i64 = 3_600;
const LAG: i64 = 20;
const CUT_A: i64 = 11_000;
const CUT_B: i64 = 12_000;
const LAST: i64 = 12_100;

const REGIONS: [&str; 2] = ["primary", "backup"];
const HOME: usize = 0;
const AWAY: usize = 1;

#[derive(Clone, Debug)]
enum Fault {
    Delete(Vec<usize>),
    Corrupt(Vec<usize>),
    /// Reads fail, writes do not.
    ReadErrors {
        length: i64,
    },
    Outage {
        length: i64,
    },
    Pause,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Nothing,
    /// Puts back what the backup has of the keys of which `nth` is drawn; `anew` what stands there already, too.
    Restore {
        nth: u64,
        anew: bool,
    },
    /// Purges a few keys at home.
    Lose {
        nth: u64,
    },
    /// Writes what nobody wrote.
    Junk,
    Names,
}

#[derive(Clone, Debug)]
struct Step {
    id: String,
    takes: i64,
    after: Vec<usize>,
    action: Action,
}

#[derive(Clone, Debug)]
struct Drilled {
    keys: Option<i64>,
    ttl: i64,
    faults: Vec<(i64, Fault)>,
    steps: Vec<Step>,
}

/// What stands at a key: a write by its number, or something that nobody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Write(usize),
    Rubbish,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Fault(usize),
    Step(usize),
}

#[derive(Clone, Debug)]
struct Written {
    key: String,
    at: i64,
    region: usize,
    acknowledged: bool,
}

/// One probe of the service, and what its client really asked.
#[derive(Clone, Copy, Debug)]
struct Look {
    at: i64,
    green: bool,
    region: usize,
}

/// Everything that happened.
#[derive(Debug, Default)]
struct Truth {
    writes: Vec<Written>,
    /// Each change of what stands at a key by somebody who is no producer: when, where, who, and what stands there then.
    hits: Vec<(i64, usize, String, Who, Option<Stands>)>,
    looks: Vec<Look>,
    detected: Option<i64>,
    /// From when to when each step ran.
    ran: BTreeMap<usize, (i64, i64)>,
    /// When each step put back something that a producer had written.
    mended: Vec<(i64, usize, usize)>,
    moved: Option<(i64, usize)>,
    touched: BTreeMap<usize, Vec<String>>,
    at_a: BTreeMap<String, Stands>,
    at_b: BTreeMap<String, Stands>,
}

impl Drilled {
    fn new(seed: u64) -> Drilled {
        let draws = Draws::new(seed, "oracle/drill");
        let mut n = 0;
        let mut below = |most: u64| {
            n += 1;
            draws.below(n, most)
        };
        let keys = [None, Some(3), Some(6)][below(3) as usize];
        let ttl = [30, 600, 3_000][below(3) as usize];
        let mut faults = Vec::new();
        let mut at = 2_100;
        let mut outage = false;
        for _ in 0..1 + below(3) {
            let some =
                |below: &mut dyn FnMut(u64) -> u64| (0..below(4) + 1).map(|_| below(60) as usize).collect();
            let fault = match below(5) {
                0 => Fault::Delete(some(&mut below)),
                1 => Fault::Corrupt(some(&mut below)),
                2 => Fault::ReadErrors {
                    length: 60 * (1 + below(20) as i64) + 7,
                },
                3 if !outage => Fault::Outage {
                    length: 60 * (5 + below(60) as i64) + 7,
                },
                4 => Fault::Pause,
                _ => Fault::Delete(some(&mut below)),
            };
            outage |= matches!(fault, Fault::Outage { .. });
            faults.push((at, fault));
            at += 600 * (1 + below(4) as i64);
        }
        let mut steps = vec![Step {
            id: "declare".into(),
            takes: 60 * (1 + below(10) as i64),
            after: vec![],
            action: Action::Nothing,
        }];
        for nth in 1..=1 + below(4) as usize {
            let action = match below(6) {
                0 => Action::Nothing,
                1 | 2 => Action::Restore {
                    nth: 1 + below(2),
                    anew: below(3) == 0,
                },
                3 => Action::Lose { nth: 1 + below(5) },
                4 => Action::Junk,
                _ => Action::Names,
            };
            let taken = steps.iter().any(|step: &Step| step.action == Action::Names);
            let action = match action {
                Action::Names if taken => Action::Restore { nth: 1, anew: false },
                action => action,
            };
            let mut after = vec![below(nth as u64) as usize];
            if below(3) == 0 {
                after.push(below(nth as u64) as usize);
                after.sort_unstable();
                after.dedup();
            }
            steps.push(Step {
                id: format!("step{nth}"),
                takes: 30 + 7 * below(120) as i64,
                after,
                action,
            });
        }
        Drilled {
            keys,
            ttl,
            faults,
            steps,
        }
    }

    /// One fault that a restore or another region mends, after steps of which some are on the way to it and some are
    /// not: a drill whose durations have flips.
    fn with_flips(seed: u64) -> Drilled {
        let draws = Draws::new(seed, "oracle/flips");
        let mut n = 0;
        let mut below = |most: u64| {
            n += 1;
            draws.below(n, most)
        };
        let (fault, action) = match below(3) {
            0 => (
                Fault::Delete((0..40).collect()),
                Action::Restore { nth: 1, anew: false },
            ),
            1 => (
                Fault::Corrupt((0..40).collect()),
                Action::Restore { nth: 1, anew: false },
            ),
            _ => (Fault::Outage { length: 9_000 }, Action::Names),
        };
        let mut steps = vec![Step {
            id: "declare".into(),
            takes: 60 * (1 + below(10) as i64),
            after: vec![],
            action: Action::Nothing,
        }];
        let last = 2 + below(4) as usize;
        for nth in 1..=last {
            let mut after: Vec<usize> = (0..nth).filter(|_| below(2) == 0).collect();
            if after.is_empty() {
                after.push(0);
            }
            steps.push(Step {
                id: format!("step{nth}"),
                takes: 30 + 7 * below(150) as i64,
                after,
                action: if nth == last { action } else { Action::Nothing },
            });
        }
        Drilled {
            keys: None,
            ttl: 30,
            faults: vec![(2_100, fault)],
            steps,
        }
    }

    fn yaml(&self) -> String {
        let mut faults = String::new();
        for (n, (at, fault)) in self.faults.iter().enumerate() {
            let what = match fault {
                Fault::Delete(_) => {
                    "do: s3.delete_objects, bucket: programs, fraction: 0.1, mode: purge".to_owned()
                }
                Fault::Corrupt(_) => "do: s3.corrupt_objects, bucket: programs, fraction: 0.1".to_owned(),
                Fault::ReadErrors { length } => {
                    format!("do: aws.error, operation: GetObject, code: InternalError, for: {length}s")
                }
                Fault::Outage { length } => format!("do: region.outage, region: primary, for: {length}s"),
                Fault::Pause => "do: s3.pause_replication, bucket: programs".to_owned(),
            };
            faults.push_str(&format!("  - {{id: fault{n}, at: {at}s, {what}}}\n"));
        }
        let mut steps = String::new();
        for step in &self.steps {
            let after: Vec<&str> = step.after.iter().map(|n| self.steps[*n].id.as_str()).collect();
            let after = match after.is_empty() {
                true => String::new(),
                false => format!(", after: [{}]", after.join(", ")),
            };
            let (id, takes) = (&step.id, step.takes);
            let action = match step.action {
                Action::Names => "do: dns.failover, to: backup",
                _ => "do: shell, run: \"true\"",
            };
            let action = if id == "declare" { "do: human" } else { action };
            steps.push_str(&format!(
                "  - {{id: {id}, {action}, takes: {{p50: {takes}s, p95: {takes}s}}{after}}}\n"
            ));
        }
        format!(
            "version: 1\nname: oracle\ntitle: t\nsystem: t\nobjectives:\n  mtd: 8h\n  protection: ignore\n  services:\n    \
             delivery: {{probe: objects, data: programs, rto: {RTO}s, rpo: 10m}}\nstable_for: {STABLE}s\nobserve_for: \
             {OBSERVE}s\ncloud:\n  regions: {{primary: us-west-2, backup: us-east-1}}\n  dns: {{ttl: {ttl}s}}\n  \
             buckets:\n    programs: {{name: programs-bucket, versioned: true, replicate: {{to: backup, lag: {{p50: \
             20s, p99: 20s}}}}}}\nwriters:\n  programs: {{do: s3.put_object, bucket: programs, every: \
             {EVERY}s}}\nprobes:\n  objects: {{do: s3.get_object, bucket: programs, sample: 1, every: {EVERY}s, \
             timeout: 5s}}\nsteady_state: {{hold: 10m}}\nfaults:\n{faults}detection: {{probe: objects, failing: \"3 \
             of 5\", every: 1m, from: external}}\nrunbook:\n{steps}",
            ttl = self.ttl,
        )
    }

    fn name(&self, n: usize) -> String {
        match self.keys {
            Some(keys) => format!("programs/{:05}", n as i64 % keys),
            None => format!("programs/{n:05}"),
        }
    }

    /// The drill, from each second in which something can happen to the next.
    fn happen(&self) -> Truth {
        let mut truth = Truth::default();
        let mut stores: [BTreeMap<String, Stands>; 2] = [BTreeMap::new(), BTreeMap::new()];
        // The write that stood at a key at home last.
        let mut stood_last: BTreeMap<String, usize> = BTreeMap::new();
        let mut copies: Vec<(i64, String, usize)> = Vec::new();
        let mut copying = true;
        // Who asks keeps the answer for the TTL.
        let mut answers = [(i64::MIN, HOME), (i64::MIN, HOME)];
        let mut active = HOME;
        let mut resolve = |who: usize, now: i64, active: usize| {
            if now >= answers[who].0 {
                answers[who] = (now + self.ttl, active);
            }
            answers[who].1
        };
        let mut reds = 0;
        let mut newest: BTreeMap<String, usize> = BTreeMap::new();
        let mut sampled = 0;
        let mut begun: BTreeMap<usize, i64> = BTreeMap::new();
        let mut moments: BTreeSet<i64> = (0..LAST).step_by(EVERY as usize).collect();
        moments.extend((5..LAST).step_by(EVERY as usize));
        moments.extend(self.faults.iter().map(|(at, _)| *at).chain([CUT_A, CUT_B]));
        while let Some(now) = moments.pop_first().filter(|now| *now < LAST) {
            let during = |wanted: fn(&Fault) -> Option<i64>| {
                self.faults
                    .iter()
                    .any(|(at, fault)| wanted(fault).is_some_and(|length| (*at..*at + length).contains(&now)))
            };
            let out = during(|fault| match fault {
                Fault::Outage { length } => Some(*length),
                _ => None,
            });
            let failing = during(|fault| match fault {
                Fault::ReadErrors { length } => Some(*length),
                _ => None,
            });
            for (n, (_, fault)) in self.faults.iter().enumerate().filter(|(_, (at, _))| *at == now) {
                let keys = |chosen: &[usize]| {
                    let known: Vec<String> = stores[HOME].keys().cloned().collect();
                    let keys: BTreeSet<String> = chosen
                        .iter()
                        .filter_map(|n| known.get(n % known.len().max(1)).cloned())
                        .collect();
                    keys.into_iter().collect::<Vec<String>>()
                };
                match fault {
                    Fault::Delete(chosen) => {
                        for key in keys(chosen) {
                            stores[HOME].remove(&key);
                            truth.touched.entry(n).or_default().push(key.clone());
                            truth.hits.push((now, HOME, key, Who::Fault(n), None));
                        }
                    }
                    Fault::Corrupt(chosen) => {
                        for key in keys(chosen) {
                            stores[HOME].insert(key.clone(), Stands::Rubbish);
                            truth.touched.entry(n).or_default().push(key.clone());
                            truth
                                .hits
                                .push((now, HOME, key, Who::Fault(n), Some(Stands::Rubbish)));
                        }
                    }
                    Fault::Outage { .. } | Fault::Pause => copying = false,
                    Fault::ReadErrors { .. } => {}
                }
            }
            if now % EVERY == 0 && now < CUT_B {
                let region = resolve(0, now, active);
                let (n, acknowledged) = (truth.writes.len(), !(out && region == HOME));
                let key = self.name((now / EVERY) as usize);
                truth.writes.push(Written {
                    key: key.clone(),
                    at: now,
                    region,
                    acknowledged,
                });
                if acknowledged {
                    stores[region].insert(key.clone(), Stands::Write(n));
                    if region == HOME {
                        stood_last.insert(key.clone(), n);
                    }
                    if region == HOME && copying {
                        copies.push((now + LAG, key, n));
                        moments.insert(now + LAG);
                    }
                }
            }
            if !copying {
                copies.clear();
            }
            for (_, key, n) in copies.extract_if(.., |(due, ..)| *due <= now) {
                // A newer one is not hidden by an older.
                let newer = matches!(stores[AWAY].get(&key), Some(Stands::Write(there)) if *there > n);
                if !newer {
                    stores[AWAY].insert(key, Stands::Write(n));
                }
            }
            for (n, step) in self.steps.iter().enumerate() {
                let ready = truth.detected.is_some()
                    && step.after.iter().all(|before| truth.ran.contains_key(before));
                if ready && !begun.contains_key(&n) {
                    begun.insert(n, now);
                    moments.insert(now + step.takes);
                }
                let due = begun.get(&n).is_some_and(|began| began + step.takes <= now);
                if !due || truth.ran.contains_key(&n) {
                    continue;
                }
                truth.ran.insert(n, (begun[&n], now));
                match step.action {
                    Action::Nothing => {}
                    Action::Names => {
                        active = AWAY;
                        truth.moved = Some((now, n));
                    }
                    Action::Junk => {
                        let key = "junk".to_owned();
                        stores[HOME].insert(key.clone(), Stands::Rubbish);
                        truth
                            .hits
                            .push((now, HOME, key, Who::Step(n), Some(Stands::Rubbish)));
                    }
                    Action::Lose { nth } => {
                        let keys: Vec<String> = stores[HOME].keys().cloned().collect();
                        for key in keys.iter().step_by(1 + 3 * nth as usize).take(2) {
                            stores[HOME].remove(key);
                            truth.hits.push((now, HOME, key.clone(), Who::Step(n), None));
                        }
                    }
                    Action::Restore { nth, anew } => {
                        let source: Vec<(String, Stands)> = stores[AWAY]
                            .iter()
                            .map(|(key, stands)| (key.clone(), *stands))
                            .collect();
                        for (key, stands) in source.into_iter().step_by(nth as usize) {
                            let before = stores[HOME].insert(key.clone(), stands);
                            if before == Some(stands) && !anew {
                                continue;
                            }
                            // Who puts an older write over a newer one, or the same once more, mends nothing.
                            let Stands::Write(put) = stands else { continue };
                            // Nor does who puts back less than what was destroyed.
                            let stood = match before {
                                Some(Stands::Write(stood)) => stood >= put,
                                _ => stood_last.get(&key).is_some_and(|last| *last > put),
                            };
                            stood_last.insert(key.clone(), put);
                            if !stood {
                                truth.mended.push((now, n, HOME));
                            }
                            truth.hits.push((now, HOME, key, Who::Step(n), Some(stands)));
                        }
                    }
                }
            }
            if now % EVERY == 5 {
                let region = resolve(1, now, active);
                // What is younger than its copy takes is not sampled, so that a move alone turns nothing red.
                while let Some(write) = truth
                    .writes
                    .get(sampled)
                    .filter(|write| write.at + LAG + 10 <= now)
                {
                    if write.acknowledged {
                        newest.insert(write.key.clone(), sampled);
                    }
                    sampled += 1;
                }
                let wrong = wrong(&newest, &stores[region]);
                let green = !(failing || wrong || out && region == HOME);
                truth.looks.push(Look {
                    at: now,
                    green,
                    region,
                });
                reds = if green { 0 } else { reds + 1 };
                if reds == 3 && now > 2_100 && truth.detected.is_none() {
                    truth.detected = Some(now);
                }
            }
            if now == CUT_A {
                truth.at_a = stores[active].clone();
            }
            if now == CUT_B {
                truth.at_b = stores[active].clone();
            }
        }
        truth
    }

    /// What the drill leaves.
    fn records(&self, truth: &Truth) -> Run {
        let mut run = Run::new(&self.yaml());
        run.steady();
        for (n, (at_s, fault)) in self.faults.iter().enumerate() {
            let targets = truth.touched.get(&n).cloned().unwrap_or_default();
            run.strike(&format!("fault{n}"), *at_s, &targets);
            if let Fault::Outage { length } | Fault::ReadErrors { length } = fault {
                run.fault_ends(&format!("fault{n}"), at_s + length);
            }
        }
        for look in &truth.looks {
            let health = if look.green { Health::Green } else { Health::Red };
            run.event(
                look.at,
                Event::Probe {
                    probe: "objects".into(),
                    purpose: Purpose::Health,
                    began: at(look.at),
                    health,
                    passed: 0,
                    sampled: 1,
                    detail: None,
                    via: [("programs".to_owned(), REGIONS[look.region].to_owned())].into(),
                },
            );
        }
        if let Some(detected) = truth.detected {
            run.detected(detected);
        }
        for (n, (began, ended)) in &truth.ran {
            let step = &self.steps[*n];
            let modelled = secs(step.takes);
            run.step_end(
                *began,
                *ended,
                StepEnd {
                    modelled,
                    ..done(&step.id)
                },
            );
        }
        if let Some((at_s, n)) = truth.moved {
            run.event(
                at_s,
                Event::NameMoved {
                    name: "programs".into(),
                    from: "primary".into(),
                    to: "backup".into(),
                    by: self.steps[n].id.clone(),
                },
            );
        }
        for (n, write) in truth.writes.iter().enumerate() {
            run.write(Write {
                bucket: "programs".into(),
                producer: "programs".into(),
                region: REGIONS[write.region].into(),
                key: write.key.clone(),
                kind: WriteKind::Put,
                produced: at(write.at),
                acknowledged: write.acknowledged.then(|| at(write.at)),
                digest: stamp(Stands::Write(n)),
                size: 1,
            });
        }
        for (at_s, region, key, who, left) in &truth.hits {
            let Who::Step(n) = who else { continue };
            run.ledger.push(LedgerRecord::Change(Change {
                at: at(*at_s),
                by: Changer::Step(self.steps[*n].id.clone()),
                operation: "s3:PutObject".into(),
                changed: Changed::Object {
                    bucket: "programs".into(),
                    region: REGIONS[*region].into(),
                    key: key.clone(),
                    left: left.map_or(Left::Nothing, |stands| Left::Body(stamp(stands))),
                },
            }));
        }
        let region = if truth.moved.is_some() {
            "backup"
        } else {
            "primary"
        };
        for (audit, cut, found) in [(AuditId::A, CUT_A, &truth.at_a), (AuditId::B, CUT_B, &truth.at_b)] {
            run.audit(audit, cut, |key| match found.get(key) {
                Some(stands) => Found::Body {
                    digest: stamp(*stands),
                    size: 1,
                    last_modified: at(0),
                },
                None => Found::Missing,
            });
        }
        for record in &mut run.audit {
            if let AuditRecord::Object { region: of, .. } = record {
                region.clone_into(of);
            }
        }
        run.finish(LAST, EndReason::Recovered);
        run
    }
}

/// Whether some object that should be readable is not, or has other bytes.
/// Whether a key has less than the newest write that its client was told of. Both are in the order of their names.
fn wrong(newest: &BTreeMap<String, usize>, store: &BTreeMap<String, Stands>) -> bool {
    let mut stored = store.iter().peekable();
    newest.iter().any(|(key, n)| {
        while stored.next_if(|(other, _)| *other < key).is_some() {}
        match stored.next_if(|(other, _)| *other == key) {
            Some((_, Stands::Write(there))) => there < n,
            _ => true,
        }
    })
}

fn stamp(stands: Stands) -> [u8; 32] {
    let mut digest = [0xee; 32];
    let n = match stands {
        Stands::Write(n) => n as u64,
        Stands::Rubbish => u64::MAX,
    };
    digest[..8].copy_from_slice(&n.to_le_bytes());
    digest
}

/// An incident: from when, to when, what closed it, which step.
type Outage = (i64, Option<i64>, Option<ClosedBy>, Option<String>);

/// What the definitions say of a drill.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    stable: u64,
    lost: u64,
    stale: u64,
    corrupted: u64,
    superseded: u64,
    lost_in_failback: u64,
    by_cause: BTreeMap<String, u64>,
    incidents: Vec<Outage>,
    /// Whether an older write survived, and the recovery point.
    rpa: Option<(bool, i64)>,
}

/// The oracle: it has seen everything, and goes by the definitions.
struct Oracle<'a> {
    drilled: &'a Drilled,
    truth: &'a Truth,
}

impl Oracle<'_> {
    fn says(&self) -> Expected {
        let mut expected = Expected {
            incidents: self.incidents().into_iter().map(|incident| incident.0).collect(),
            ..Expected::default()
        };
        let mut damaged: Vec<(i64, String, Option<i64>)> = Vec::new();
        let mut survivor = i64::MAX;
        let keys: BTreeSet<&str> = self.truth.writes.iter().map(|write| write.key.as_str()).collect();
        for key in keys {
            let of_key: Vec<usize> = (0..self.truth.writes.len())
                .filter(|n| self.truth.writes[*n].key == key && self.truth.writes[*n].acknowledged)
                .collect();
            let counted: Vec<usize> = of_key
                .iter()
                .copied()
                .filter(|n| self.truth.writes[*n].at < CUT_A)
                .collect();
            let found = self.truth.at_a.get(key).copied();
            if let Some(Stands::Write(n)) = found {
                survivor = survivor.min(self.truth.writes[n].at);
            }
            if let Some(newest) = counted.last().copied() {
                expected.superseded += counted.len() as u64 - 1;
                let outcome = match found {
                    Some(Stands::Write(n)) if n == newest => &mut expected.stable,
                    Some(Stands::Write(n)) if n > newest => &mut expected.superseded,
                    Some(Stands::Write(_)) => &mut expected.stale,
                    Some(Stands::Rubbish) => &mut expected.corrupted,
                    None => &mut expected.lost,
                };
                *outcome += 1;
                let there = matches!(found, Some(Stands::Write(n)) if n >= newest);
                if !there {
                    let (cause, of, at) = self.blame(newest);
                    *expected.by_cause.entry(cause).or_default() += 1;
                    damaged.push((self.truth.writes[newest].at, of, at));
                }
            }
            // What was there at audit A, or written since, and is gone at audit B.
            let Some(newest) = of_key.last().copied() else {
                continue;
            };
            let at_b = self.truth.at_b.get(key).copied();
            let there_b = matches!(at_b, Some(Stands::Write(n)) if n >= newest);
            let stood = matches!(found, Some(Stands::Write(n)) if n >= newest)
                || self.truth.writes[newest].at >= CUT_A;
            if !there_b && stood {
                expected.lost_in_failback += 1;
                let (_, of, at) = self.blame(newest);
                damaged.push((self.truth.writes[newest].at, of, at));
            }
        }
        // One recovery point for each disruption; the worst counts.
        let mut disruptions: BTreeMap<String, (Option<i64>, Vec<i64>)> = BTreeMap::new();
        for (produced, of, at) in damaged {
            let one = disruptions.entry(of).or_insert((at, Vec::new()));
            one.0 = one.0.min(at).or(one.0);
            one.1.push(produced);
        }
        let produced: BTreeSet<i64> = self
            .truth
            .writes
            .iter()
            .filter(|write| write.acknowledged)
            .map(|write| write.at)
            .collect();
        let points = disruptions.values().map(|(at, damaged)| {
            let oldest = *damaged.iter().min().unwrap();
            let newest = *damaged.iter().max().unwrap();
            let next = produced.range(newest + 1..).next().map(|next| next - newest);
            let last = produced.range(..newest).next_back().map(|last| newest - last);
            let interval = next.into_iter().chain(last).min().unwrap_or(0);
            let length = (at.unwrap_or(newest).max(newest) - oldest).max(interval);
            (length, !(at.is_some() && survivor < oldest))
        });
        let worst = points.max();
        expected.rpa = worst.map(|(length, bound)| (!bound, length));
        expected
    }

    /// Who destroyed a write that is not there: in words; and the disruption that it belongs to, with its date.
    fn blame(&self, n: usize) -> (String, String, Option<i64>) {
        let write = &self.truth.writes[n];
        let read_in = if self.truth.moved.is_some() { AWAY } else { HOME };
        let destroyed = |region: usize| {
            let mut destroyed: Option<(i64, Who)> = None;
            for (at, of, key, who, left) in &self.truth.hits {
                if *of == region && *key == write.key && *at > write.at {
                    destroyed = match left == &Some(Stands::Write(n)) {
                        true => None,
                        false => destroyed.or(Some((*at, who.clone()))),
                    };
                }
            }
            destroyed
        };
        let hit = destroyed(read_in).or_else(|| destroyed(write.region));
        let (died, cause) = match &hit {
            Some((at, Who::Fault(n))) => (*at, format!("fault fault{n}")),
            Some((at, Who::Step(n))) => (*at, format!("step {}", self.drilled.steps[*n].id)),
            None => self.left_behind(write),
        };
        let (of, at) = self.disruption(died, &hit, &cause);
        (cause, of, at)
    }

    /// It never came to where it is looked for: clients turned away from it with the move, or it came after that.
    fn left_behind(&self, write: &Written) -> (i64, String) {
        let (moved, by) = self
            .truth
            .moved
            .expect("what was never destroyed was left behind");
        let died = moved.max(write.at);
        let cut_off = self
            .drilled
            .faults
            .iter()
            .enumerate()
            .find(|(_, (at, fault))| match fault {
                Fault::Outage { length } => *at <= died && at + length >= write.at,
                Fault::Pause => *at <= died,
                _ => false,
            });
        match cut_off {
            Some((n, _)) => (died, format!("fault fault{n}")),
            None => (died, format!("step {}", self.drilled.steps[by].id)),
        }
    }

    /// The incident that was open then, of a fault that the data suffered; else the fault that stood then; else what
    /// destroyed it.
    fn disruption(&self, died: i64, hit: &Option<(i64, Who)>, cause: &str) -> (String, Option<i64>) {
        let suffers = |n: usize| {
            matches!(
                self.drilled.faults[n].1,
                Fault::Delete(_) | Fault::Corrupt(_) | Fault::Outage { .. }
            )
        };
        for ((from, to, ..), fault) in self.incidents() {
            let Some(fault) = fault.filter(|fault| suffers(*fault)) else {
                continue;
            };
            if from <= died && to.is_none_or(|to| died <= to) {
                return (format!("fault{fault}"), Some(from));
            }
        }
        if let Some((at, Who::Fault(n))) = hit {
            return (format!("fault{n}"), Some(*at));
        }
        for (n, (at, fault)) in self.drilled.faults.iter().enumerate() {
            let until = match fault {
                Fault::Outage { length } => at + length,
                _ => *at,
            };
            if suffers(n) && *at <= died && died <= until {
                return (format!("fault{n}"), Some(*at));
            }
        }
        if let Some(step) = cause.strip_prefix("step ") {
            return (step.to_owned(), Some(died));
        }
        // A protection that had stopped is the cause and dates nothing.
        let all = || {
            self.drilled
                .faults
                .iter()
                .enumerate()
                .filter(|(n, _)| suffers(*n))
        };
        let after = all()
            .find(|(_, (at, _))| *at >= died)
            .or_else(|| all().next_back());
        match after {
            Some((n, (at, _))) => (format!("fault{n}"), Some(*at)),
            None => (cause.to_owned(), None),
        }
    }

    /// Each incident, with the fault that opened it.
    #[allow(clippy::type_complexity)]
    fn incidents(
        &self,
    ) -> Vec<(
        (i64, Option<i64>, Option<ClosedBy>, Option<String>),
        Option<usize>,
    )> {
        let looks = &self.truth.looks;
        let mut found = Vec::new();
        let mut n = 0;
        let mut closed = i64::MIN;
        while n + 1 < looks.len() {
            if looks[n].green || looks[n + 1].green {
                n += 1;
                continue;
            }
            let first = looks[n].at;
            let fault = self.opened_by(first, closed);
            let start = fault.map_or(first, |fault| self.drilled.faults[fault].0);
            let mut unstable = false;
            let end = (n..looks.len() - 1).find(|at| {
                let back = !looks[at - 1].green && looks[*at].green && self.holds(*at);
                let stable = back && self.is_stable(*at);
                let whole = looks[*at].at + OBSERVE <= LAST;
                let closes = stable && (!unstable || whole);
                unstable |= back && !closes;
                closes
            });
            let closing = end.map(|end| self.closing(start, end));
            let (by, step) = closing.map_or((None, None), |(by, step)| (Some(by), step));
            let ended = end.map(|end| looks[end].at);
            found.push(((start, ended, by, step), fault));
            let Some(end) = end else { break };
            (n, closed) = (end, looks[end].at);
        }
        found
    }

    /// Green from here on for `stable_for`, two reds in a row being red.
    fn holds(&self, from: usize) -> bool {
        let looks = &self.truth.looks;
        let until = looks[from].at + STABLE;
        let red = |n: &usize| !looks[*n].green && looks.get(n + 1).is_some_and(|next| !next.green);
        let first = looks.get(from + 1).is_some_and(|next| next.green);
        first
            && (from..looks.len())
                .find(red)
                .is_none_or(|red| looks[red].at >= until)
            && until <= LAST
    }

    /// No more single reds than in the steady state, but for one, until the end of `observe_for` or the next fault.
    fn is_stable(&self, from: usize) -> bool {
        let looks = &self.truth.looks;
        let start = looks[from].at;
        let faults = self
            .drilled
            .faults
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| *at > start);
        let until = faults.min().unwrap_or(i64::MAX).min(start + OBSERVE);
        let after = looks.iter().filter(|look| look.at >= start && look.at < until);
        after.filter(|look| !look.green).count() <= 1
    }

    /// The fault that turned the service red, which was green before.
    fn opened_by(&self, red: i64, closed: i64) -> Option<usize> {
        let reddens = |fault: &Fault| !matches!(fault, Fault::Pause);
        let due = self
            .drilled
            .faults
            .iter()
            .enumerate()
            .filter(|(_, (at, fault))| *at <= red && *at >= closed && reddens(fault));
        // Of those that struck since the last green the first, else the latest.
        let green = self.truth.looks.iter().rfind(|look| look.at < red && look.green);
        let green = green.map_or(i64::MIN, |look| look.at);
        // Reads fail wherever the client asks; all else is at home.
        let hurts = |(_, (_, fault)): &(usize, &(i64, Fault))| match fault {
            Fault::ReadErrors { .. } => true,
            _ => self.asked_home(red),
        };
        let due: Vec<(usize, &(i64, Fault))> = due.filter(hurts).collect();
        let newer = due.iter().find(|(_, (at, _))| *at > green);
        newer.or(due.last()).map(|(n, _)| *n)
    }

    /// Whether the client of the probe asked at home by then.
    fn asked_home(&self, by: i64) -> bool {
        let last = self.truth.looks.iter().rfind(|look| look.at <= by);
        last.is_none_or(|look| look.region == HOME)
    }

    /// What closed an incident: what happened between the last red and the green, on the way that the green took.
    fn closing(&self, start: i64, green: usize) -> (ClosedBy, Option<String>) {
        let looks = &self.truth.looks;
        let (since, to, region) = (
            looks[green - 1].at.max(start),
            looks[green].at,
            looks[green].region,
        );
        let mut acts: Vec<(i64, usize)> = self
            .truth
            .mended
            .iter()
            .filter(|(_, _, of)| *of == region)
            .map(|(at, step, _)| (*at, *step))
            .collect();
        if let Some((moved, step)) = self
            .truth
            .moved
            .filter(|(moved, _)| region == AWAY && *moved >= start)
        {
            let first = looks.iter().find(|look| look.at >= start && look.region == AWAY);
            acts.extend(first.map(|look| (look.at.max(moved), step)));
        }
        acts.retain(|(at, _)| (start..=to).contains(at));
        let ends = self.drilled.faults.iter().filter_map(|(at, fault)| match fault {
            Fault::Outage { length } if region == HOME => Some(at + length),
            Fault::ReadErrors { length } => Some(at + length),
            _ => None,
        });
        let end = ends.filter(|end| (start..=to).contains(end)).max();
        let inside = acts
            .iter()
            .filter(|(at, _)| *at >= since)
            .max_by_key(|(at, _)| *at);
        let before = acts
            .iter()
            .filter(|(at, _)| *at <= since)
            .max_by_key(|(at, _)| *at);
        let name = |act: &(i64, usize)| Some(self.drilled.steps[act.1].id.clone());
        match (inside, end.filter(|end| *end >= since)) {
            (Some(act), Some(_)) => (ClosedBy::Ambiguous, name(act)),
            (Some(act), None) => (ClosedBy::Step, name(act)),
            (None, Some(_)) => (ClosedBy::FaultEnd, None),
            (None, None) => match (before, end) {
                (Some(act), Some(end)) if end > act.0 => {
                    let _ = act;
                    (ClosedBy::FaultEnd, None)
                }
                (Some(act), _) => (ClosedBy::Step, name(act)),
                (None, Some(_)) => (ClosedBy::FaultEnd, None),
                (None, None) => (ClosedBy::Itself, None),
            },
        }
    }
}

/// What the report says, in the oracle's terms.
fn found(report: &Report) -> Expected {
    let data = &report.data[0];
    let rpa = match (data.rpa_s, data.rpa_at_least_s) {
        _ if data.disruptions.is_empty() => None,
        (Some(rpa), _) => Some((true, rpa as i64)),
        (None, Some(bound)) => Some((false, bound as i64)),
        (None, None) => None,
    };
    Expected {
        stable: data.stable,
        lost: data.lost,
        stale: data.stale,
        corrupted: data.corrupted,
        superseded: data.superseded,
        lost_in_failback: data.lost_in_failback,
        by_cause: data
            .lost_by_cause
            .iter()
            .map(|cause| (cause.cause.clone(), cause.count))
            .collect(),
        incidents: report
            .incidents
            .iter()
            .map(|incident| {
                (
                    incident.start_s as i64,
                    incident.end_s.map(|end| end as i64),
                    incident.closed_by,
                    incident.step.clone(),
                )
            })
            .collect(),
        rpa,
    }
}

fn seeds() -> Vec<u64> {
    match std::env::var("FIREDRILL_ORACLE_SEED") {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => (0..RUNS).collect(),
    }
}

#[test]
fn measures_say_what_the_oracle_says() {
    let mut wrong = 0;
    for seed in seeds() {
        let drilled = Drilled::new(seed);
        let truth = drilled.happen();
        let report = drilled.records(&truth).report();
        let oracle = Oracle {
            drilled: &drilled,
            truth: &truth,
        };
        let (found, expected) = (found(&report), oracle.says());
        if found != expected {
            wrong += 1;
            if wrong < 4 {
                eprintln!(
                    "FIREDRILL_ORACLE_SEED={seed}\nfound    {found:?}\nexpected {expected:?}\n{drilled:?}"
                );
            }
        }
    }
    assert_eq!(wrong, 0, "drills on which measures and oracle differ");
}

/// Each flip is tried: the drill is drilled again with the duration that much longer, or shorter, and so much more or
/// less that the error is left behind. And what is no flip flips nothing, however long it takes.
#[test]
fn flips_turn_the_verdict_where_they_say() {
    let mut tried = 0;
    for seed in seeds().into_iter().take(100) {
        let drilled = Drilled::with_flips(seed);
        let report = drilled.records(&drilled.happen()).report();
        let closer = report
            .incidents
            .first()
            .and_then(|incident| incident.step.clone());
        let rto_of = |drilled: &Drilled| {
            let report = drilled.records(&drilled.happen()).report();
            // Another way back, or another incident, is another recovery.
            let same = report.incidents.len() == 1 && report.incidents[0].step == closer;
            rto(&report).actual_s.filter(|_| same)
        };
        let Some(figure) = rto_of(&drilled) else {
            continue;
        };
        for flip in report
            .flips
            .iter()
            .filter(|flip| flip.objective == "delivery rto")
        {
            let Some(step) = drilled.steps.iter().position(|step| step.id == flip.duration) else {
                continue;
            };
            let changed = |by: f64| {
                let mut other = drilled.clone();
                other.steps[step].takes += by as i64;
                (other.steps[step].takes > 0).then(|| rto_of(&other)).flatten()
            };
            let beyond = flip.error_s + (EVERY + drilled.ttl) as f64;
            let (less, more) = (
                changed(flip.grown_by_s - beyond),
                changed(flip.grown_by_s + beyond),
            );
            if let (Some(less), Some(more)) = (less, more) {
                assert!(
                    less <= RTO as f64 && RTO as f64 <= more,
                    "FIREDRILL_ORACLE_SEED={seed}: {flip:?} of {figure}: {less} and {more}: {drilled:#?}"
                );
                tried += 1;
            }
        }
        let verdict = objective(&report, "delivery", Metric::Rto).verdict;
        let passes = verdict == drill::report::ObjectiveVerdict::Pass;
        for (n, step) in drilled.steps.iter().enumerate().filter(|_| passes) {
            let flips = report
                .flips
                .iter()
                .any(|flip| flip.objective == "delivery rto" && flip.duration == step.id);
            let closer = closer.as_deref();
            if flips || Some(step.id.as_str()) == closer || leads_to(&drilled, n, closer) {
                continue;
            }
            let mut other = drilled.clone();
            other.steps[n].takes += RTO;
            let changed = rto_of(&other);
            assert!(
                changed.is_none_or(|changed| changed <= figure),
                "FIREDRILL_ORACLE_SEED={seed}: {} is no flip, and yet {figure} becomes {changed:?}: {drilled:#?}",
                step.id
            );
        }
    }
    assert!(
        tried > 100 || seeds().len() == 1,
        "only {tried} flips could be tried"
    );
}

/// Whether the step that closed the incident waits for step `n`, however early that ended.
fn leads_to(drilled: &Drilled, n: usize, closer: Option<&str>) -> bool {
    let Some(closer) = drilled
        .steps
        .iter()
        .position(|step| Some(step.id.as_str()) == closer)
    else {
        return false;
    };
    let after = &drilled.steps[closer].after;
    after.contains(&n)
        || after
            .iter()
            .any(|before| leads_to(drilled, n, Some(&drilled.steps[*before].id)))
}
