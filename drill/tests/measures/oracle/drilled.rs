//! A random drill: what happens in it, and the records that it leaves.

use std::collections::{BTreeMap, BTreeSet};

use drill::audit::{AuditRecord, Found};
use drill::draw::Draws;
use drill::journal::{AuditId, EndReason, Event, Health, Purpose, StepEnd};
use drill::ledger::{Change, Changed, Changer, LedgerRecord, Left, Write, WriteKind};

use super::*;

impl Drilled {
    pub(super) fn new(seed: u64) -> Drilled {
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
    pub(super) fn with_flips(seed: u64) -> Drilled {
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
            let after = if after.is_empty() {
                String::new()
            } else {
                format!(", after: [{}]", after.join(", "))
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
    pub(super) fn happen(&self) -> Truth {
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
                truth.looks.push(ProbeResult {
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
    pub(super) fn records(&self, truth: &Truth) -> Run {
        let mut run = Run::new(&self.yaml());
        run.steady();
        for (n, (at_s, fault)) in self.faults.iter().enumerate() {
            let targets = truth.touched.get(&n).cloned().unwrap_or_default();
            run.injection(&format!("fault{n}"), *at_s, &targets);
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
                store: "programs".into(),
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
                changed: Changed::Value {
                    store: "programs".into(),
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
            if let AuditRecord::Value { region: of, .. } = record {
                region.clone_into(of);
            }
        }
        run.finish(LAST, EndReason::Recovered);
        run
    }
}
