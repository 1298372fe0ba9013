//! Which objects a fault targets.
//!
//! The targets of a fault are ranked by one draw per fault and key, among the writes that are due before
//! it; a write that is due at its instant follows it. `fraction` counts the objects that are current at
//! that instant, before any fault of that instant has been injected; such faults are injected in the order of the
//! file, on disjoint objects. An object that an earlier fault has deleted is current again once it is
//! written again; that the runbook may have restored it is not for a plan to know.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::load::{PlannedBucket, PlannedWriter};
use crate::draw::draw;
use crate::scenario::{Effect, Fault, Scenario, TargetSelector};
use crate::units::DrillTime;

/// A fault's time, and its targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFault {
    /// Its id.
    pub id: String,
    /// When it is injected; `None` when that depends on a step of the runbook.
    pub at: Option<DrillTime>,
    /// When it ends by itself, if it does and that is known beforehand.
    pub until: Option<DrillTime>,
    /// Its targets, in the order of their draws; `None` when it is not about keys, or when
    /// which they are depends on when it is injected (see [`Plan::targets_at`](super::Plan::targets_at)).
    pub targets: Option<Vec<String>>,
}

/// Plans every fault; the result is in the order of the file.
pub(super) fn plan(
    scenario: &Scenario,
    seed: u64,
    buckets: &[PlannedBucket],
    writers: &[PlannedWriter],
) -> Vec<PlannedFault> {
    let faults = &scenario.faults;
    let clock = |n: &usize| faults[*n].at.clock();
    let mut order: Vec<usize> = (0..faults.len()).filter(|n| clock(n).is_some()).collect();
    order.sort_by_key(clock);
    let mut damage = Damage::default();
    let mut planned: BTreeMap<usize, PlannedFault> = BTreeMap::new();
    for instant in order.chunk_by(|a, b| clock(a) == clock(b)) {
        let mut taken = BTreeSet::new();
        let before = damage.clone();
        for n in instant {
            let fault = &faults[*n];
            let at = DrillTime::ZERO + clock(n).unwrap_or_default();
            let targets = fault.action.target_selector().map(|aim| {
                let current = current(seed, aim.store, at, buckets, writers, &before);
                choose(seed, fault, aim, current, &mut taken)
            });
            damage.note(scenario, fault, at, targets.as_deref().unwrap_or_default());
            planned.insert(
                *n,
                PlannedFault {
                    id: fault.id.clone(),
                    at: Some(at),
                    until: fault.for_.map(|span| at + span),
                    targets,
                },
            );
        }
    }
    for (n, fault) in faults.iter().enumerate() {
        planned.entry(n).or_insert_with(|| PlannedFault {
            id: fault.id.clone(),
            at: None,
            until: None,
            targets: None,
        });
    }
    planned.into_values().collect()
}

/// The targets of each of `faults`, which are injected together at `at`; those that faults with a time of their
/// own have deleted by then are not among them.
pub(super) fn at(
    (seed, planned): (u64, &[PlannedFault]),
    (buckets, writers): (&[PlannedBucket], &[PlannedWriter]),
    scenario: &Scenario,
    faults: &[&Fault],
    at: DrillTime,
) -> Vec<Vec<String>> {
    let mut damage = Damage::default();
    for earlier in planned
        .iter()
        .filter(|planned| planned.at.is_some_and(|injected| injected < at))
    {
        if let (Some(injected), Some(fault)) =
            (earlier.at, scenario.faults.iter().find(|f| f.id == earlier.id))
        {
            damage.note(
                scenario,
                fault,
                injected,
                earlier.targets.as_deref().unwrap_or_default(),
            );
        }
    }
    let mut taken = BTreeSet::new();
    let mut aimed_by = |fault: &&Fault| {
        let aim = fault.action.target_selector()?;
        let current = current(seed, aim.store, at, buckets, writers, &damage);
        Some(choose(seed, fault, aim, current, &mut taken))
    };
    faults
        .iter()
        .map(|fault| aimed_by(fault).unwrap_or_default())
        .collect()
}

/// What earlier faults have deleted.
#[derive(Clone, Default)]
struct Damage {
    /// When a key of a bucket was last deleted.
    keys: BTreeMap<(String, String), DrillTime>,
    /// When a whole bucket was.
    buckets: BTreeMap<String, DrillTime>,
}

impl Damage {
    fn note(&mut self, scenario: &Scenario, fault: &Fault, at: DrillTime, targets: &[String]) {
        for impact in fault.action.impacts(scenario) {
            let Some((bucket, _)) = impact.resource.as_store() else {
                continue;
            };
            match impact.effect {
                Effect::DeletesObjects => {
                    let place = |key: &String| (bucket.to_owned(), key.clone());
                    self.keys.extend(targets.iter().map(|key| (place(key), at)));
                }
                Effect::DeletesBucket => {
                    self.buckets.insert(bucket.to_owned(), at);
                }
                _ => {}
            }
        }
    }

    /// Whether an object that was last written at `written` is gone.
    fn took(&self, bucket: &str, key: &str, written: DrillTime) -> bool {
        let before = |at: &DrillTime| written < *at;
        if self.buckets.get(bucket).is_some_and(before) {
            return true;
        }
        let place = || (bucket.to_owned(), key.to_owned());
        !self.keys.is_empty() && self.keys.get(&place()).is_some_and(before)
    }
}

/// The keys of a bucket that are current just before `at`, as far as a plan can know.
fn current(
    seed: u64,
    label: &str,
    at: DrillTime,
    buckets: &[PlannedBucket],
    writers: &[PlannedWriter],
    damage: &Damage,
) -> Vec<String> {
    let inventory = buckets
        .iter()
        .filter(|bucket| bucket.label == label)
        .flat_map(|bucket| &bucket.objects)
        .map(|object| (object.key.clone(), object.written_at));
    let written = writers
        .iter()
        .filter(|writer| writer.bucket == label)
        .flat_map(|writer| {
            let current = writer.current_before(seed, at).into_iter();
            current.map(|n| (writer.key(n), writer.due(n)))
        });
    inventory
        .chain(written)
        .filter(|(key, written)| !damage.took(label, key, *written))
        .map(|(key, _)| key)
        .collect()
}

/// The first of `current` in the order of their draws, without those that are taken.
fn choose(
    seed: u64,
    fault: &Fault,
    aim: TargetSelector<'_>,
    current: Vec<String>,
    taken: &mut BTreeSet<(String, String)>,
) -> Vec<String> {
    let mut ranked: Vec<(u64, String)> = current
        .into_iter()
        .filter(|key| key.starts_with(aim.prefix))
        .map(|key| (draw(seed, &format!("fault/{}/{key}", fault.id), 0), key))
        .collect();
    ranked.sort_unstable();
    let count = aim.fraction.share_of(ranked.len() as u64);
    ranked
        .into_iter()
        .map(|(_, key)| key)
        .filter(|key| taken.insert((aim.store.to_owned(), key.clone())))
        .take(usize::try_from(count).unwrap_or(usize::MAX))
        .collect()
}
