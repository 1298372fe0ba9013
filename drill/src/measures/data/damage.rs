//! Who or what destroyed a write, and when.
//!
//! ```text
//!  writes of a key      w0        w1
//!  hits on it                          fault ✕      restore ✓ (leaves w1)     step ✕      │ audit: w1 is not there
//!                                      └ mended ───────┘                     └ destroyed w1
//! ```
//!
//! A hit is a change by a client that is not a producer: a fault's by its targets, a step's by the calls that the gateway
//! saw, each with what stood there afterwards. The one that counts is the last after which the write never stood there
//! again. Where there is none, the write never came to where it was looked for, or the cause is unknown.

use std::collections::HashMap;

use crate::journal::AuditId;
use crate::ledger::{Changed, Changer, Left, Write, WriteKind};
use crate::measures::case::Case;
use crate::measures::injection::Injection;
use crate::recovery::Dated;
use crate::scenario::Effect;
use crate::units::DrillTime;

/// Who or what destroyed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause<'a> {
    /// A fault, by its id.
    Fault(&'a str),
    /// A step of the runbook, by its id.
    Step(&'a str),
    /// A function that had been given it, by its label.
    Function(&'a str),
    /// Another client, as text.
    Other(&'a str),
    /// Nothing in the records tells.
    Unknown,
}

impl<'a> Cause<'a> {
    fn from_changer(changer: &'a Changer) -> Cause<'a> {
        match changer {
            Changer::Step(step) => Cause::Step(step),
            Changer::Other(who) => Cause::Other(who),
        }
    }

    /// `step lose`, `fault loss`, `a function`.
    pub(crate) fn describe(self) -> String {
        match self {
            Cause::Fault(id) => format!("fault {id}"),
            Cause::Step(id) => format!("step {id}"),
            Cause::Function(label) => format!("function {label}"),
            Cause::Other(who) => who.to_owned(),
            Cause::Unknown => "unknown".to_owned(),
        }
    }
}

/// Writes that were destroyed together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Damage<'a> {
    /// When they were produced.
    pub(crate) produced: Dated,
    /// Not before the first of these instants and not after the second they were destroyed, or left behind.
    pub(crate) died: Dated,
    pub(crate) cause: Cause<'a>,
    /// The audit that missed them, having found them at the one before or never looked for them.
    pub(crate) audit: AuditId,
    pub(crate) count: u64,
}

/// A change of what stood at a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit<'a> {
    pub(crate) at: DrillTime,
    pub(crate) cause: Cause<'a>,
    left: After,
}

/// What stood there afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Known(Left),
    /// Content that no client wrote.
    Damaged,
}

/// All hits on one bucket, by region.
#[derive(Debug, Default)]
pub(crate) struct Hits<'a> {
    /// By region and key.
    of_keys: HashMap<(&'a str, &'a str), Vec<Hit<'a>>>,
    /// Those on all keys.
    of_all: Vec<(&'a str, Hit<'a>)>,
}

impl<'a> Hits<'a> {
    /// The hits on a bucket.
    pub(crate) fn new(case: &Case<'a>, bucket: &str) -> Hits<'a> {
        let mut hits = Hits::default();
        for injection in &case.injections {
            hits.take_injection(case, injection, bucket);
        }
        for change in &case.changes {
            if let Changed::Value {
                store: of,
                region,
                key,
                left,
            } = &change.changed
                && of == bucket
                && *left != Left::Unknown
            {
                let hit = Hit {
                    at: change.at,
                    cause: Cause::from_changer(&change.by),
                    left: After::Known(*left),
                };
                hits.of_keys.entry((region, key)).or_default().push(hit);
            }
        }
        for of_key in hits.of_keys.values_mut() {
            of_key.sort_by_key(|hit| hit.at);
        }
        hits
    }

    fn take_injection(&mut self, case: &Case<'a>, injection: &Injection<'a>, bucket: &str) {
        for impact in injection.fault.action.impacts(case.scenario) {
            let Some((of, region)) = impact.resource.as_store() else {
                continue;
            };
            if of != bucket {
                continue;
            }
            let left = match impact.effect {
                Effect::DeletesObjects | Effect::DeletesBucket => After::Known(Left::Nothing),
                Effect::DamagesObjects => After::Damaged,
                _ => continue,
            };
            let hit = Hit {
                at: injection.at,
                cause: Cause::Fault(&injection.fault.id),
                left,
            };
            if impact.effect == Effect::DeletesBucket {
                self.of_all.push((region, hit));
                continue;
            }
            let targets = case.fault_run(injection.fault).map_or(&[][..], |run| run.targets);
            for key in targets {
                self.of_keys.entry((region, key)).or_default().push(hit);
            }
        }
    }

    /// The last hit in `region` after which a write no longer stood at its key, and never did again.
    pub(crate) fn destroyed(&self, write: &Write, region: &str) -> Option<Hit<'a>> {
        let of_key = self
            .of_keys
            .get(&(region, write.key.as_str()))
            .map_or(&[][..], Vec::as_slice);
        let of_all = self
            .of_all
            .iter()
            .filter(|(of, _)| *of == region)
            .map(|(_, hit)| hit);
        let mut hits: Vec<&Hit<'a>> = of_key
            .iter()
            .chain(of_all)
            .filter(|hit| hit.at > write.produced)
            .collect();
        hits.sort_by_key(|hit| hit.at);
        let mut destroyed: Option<Hit<'a>> = None;
        for hit in hits {
            destroyed = if hit.leaves(write) {
                None
            } else {
                destroyed.or(Some(*hit))
            };
        }
        destroyed
    }

    /// The hit in `region` after `since` by which an object went that was no producer's: the first after which no client
    /// replaced it; without one, the last that did.
    pub(crate) fn taken(&self, region: &str, key: &str, since: DrillTime) -> Option<Hit<'a>> {
        let of_key = self.of_keys.get(&(region, key)).map_or(&[][..], Vec::as_slice);
        let of_all = self.of_all.iter().filter(|(of, _)| *of == region);
        let hits = of_key.iter().chain(of_all.map(|(_, hit)| hit));
        let mut hits: Vec<&Hit<'a>> = hits.filter(|hit| hit.at >= since).collect();
        hits.sort_by_key(|hit| hit.at);
        let mut taken: Option<Hit<'a>> = None;
        for hit in &hits {
            taken = if hit.takes() { taken.or(Some(**hit)) } else { None };
        }
        taken.or(hits.last().map(|hit| **hit))
    }

    /// The first hit in `region` after `since` that took objects away, or damaged them.
    pub(crate) fn first_since(&self, region: &str, since: DrillTime) -> Option<Hit<'a>> {
        let of_keys = self
            .of_keys
            .iter()
            .filter(|((of, _), _)| *of == region)
            .flat_map(|(_, hits)| hits);
        let of_all = self
            .of_all
            .iter()
            .filter(|(of, _)| *of == region)
            .map(|(_, hit)| hit);
        let taken = of_keys.chain(of_all).filter(|hit| hit.at >= since && hit.takes());
        taken.min_by_key(|hit| (hit.at, hit.cause)).copied()
    }
}

impl Hit<'_> {
    fn leaves(&self, write: &Write) -> bool {
        match (self.left, write.kind) {
            (After::Known(Left::Body(digest)), WriteKind::Put) => digest == write.digest,
            (After::Known(Left::Nothing), WriteKind::Delete) => true,
            _ => false,
        }
    }

    fn takes(&self) -> bool {
        matches!(self.left, After::Known(Left::Nothing) | After::Damaged)
    }
}
