//! Which changes of objects had an effect: what a producer had written stands there again, and did not before.
//!
//! ```text
//!  what stands at a key     w0 ── w1 ──── ✕ fault ──── w1 put back ──── w1 put again ──── w0 put over it
//!  effect                                               yes             no                no
//! ```
//!
//! What stood there before is folded from the records: the writes that the store of that region acknowledged, the targets
//! of faults, and the changes of others. Copies of replication leave no record, so what stands in a region to which they
//! go is unknown after a write elsewhere, and a change there is taken to have had an effect.

use std::collections::HashMap;

use super::injection::Injection;
use super::timeline::Timeline;
use crate::ledger::{Change, Changed, LedgerRecord, Left, Sha256Digest, Write, WriteKind};
use crate::scenario::{Effect, Scenario};
use crate::units::DrillTime;

/// What a change put at a key that a producer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutBack {
    /// What was destroyed, or something newer.
    Newest,
    /// Something older than what was destroyed.
    Older,
    /// Nothing that had not stood there, or that a producer had written.
    Nothing,
}

/// What stands at a key in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Body(Sha256Digest),
    /// Nothing, or content that no client wrote; with what stood there before, if that is known.
    Damaged(Option<Sha256Digest>),
    /// Its producer deleted it.
    Deleted,
    Unknown,
}

impl State {
    /// What is left of this when it is destroyed.
    fn destroyed(self) -> State {
        match self {
            State::Body(stood) => State::Damaged(Some(stood)),
            State::Damaged(stood) => State::Damaged(stood),
            State::Deleted => State::Deleted,
            State::Unknown => State::Damaged(None),
        }
    }
}

/// One key of a bucket.
type Key<'a> = (&'a str, &'a str);

/// Something that happened to a key.
#[derive(Clone, Copy, Debug)]
struct Happening<'a> {
    at: DrillTime,
    region: &'a str,
    state: State,
    /// What comes first of what happened at one instant.
    rank: Rank,
    /// The index of the change.
    change: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Fault,
    Write,
    Change,
}

/// What each change, in their order, put back; `None` of keys that no producer wrote.
pub(super) fn put_back(
    scenario: &Scenario,
    timeline: &Timeline<'_>,
    injections: &[Injection<'_>],
    changes: &[&Change],
    ledger: &[LedgerRecord],
) -> Vec<Option<PutBack>> {
    let mut histories = Histories::of_changes(changes);
    histories.add_writes(ledger);
    for injection in injections {
        histories.add_fault(scenario, timeline, injection);
    }
    let mut effects = vec![None; changes.len()];
    for (key, happenings) in histories.keys {
        let mut fold = Fold {
            dates: histories.written.get(&key),
            states: HashMap::new(),
        };
        fold.run(happenings, &mut effects);
    }
    effects
}

/// When each content of a key was produced last.
type Dates = HashMap<Sha256Digest, DrillTime>;

/// What happened to each key that was changed.
struct Histories<'a> {
    keys: HashMap<Key<'a>, Vec<Happening<'a>>>,
    /// Of the keys among them that a producer wrote.
    written: HashMap<Key<'a>, Dates>,
}

impl<'a> Histories<'a> {
    /// The changes alone.
    fn of_changes(changes: &[&'a Change]) -> Self {
        let mut keys: HashMap<Key<'a>, Vec<Happening<'a>>> = HashMap::new();
        for (n, change) in changes.iter().enumerate() {
            let Changed::Value {
                store,
                region,
                key,
                left,
            } = &change.changed
            else {
                continue;
            };
            let state = match left {
                Left::Body(digest) => State::Body(*digest),
                Left::Nothing => State::Damaged(None),
                Left::Unknown => State::Unknown,
            };
            keys.entry((store, key)).or_default().push(Happening {
                at: change.at,
                region,
                state,
                rank: Rank::Change,
                change: Some(n),
            });
        }
        Histories {
            keys,
            written: HashMap::new(),
        }
    }

    fn add_writes(&mut self, ledger: &'a [LedgerRecord]) {
        for record in ledger {
            let LedgerRecord::Write(write) = record else {
                continue;
            };
            let key = (write.store.as_str(), write.key.as_str());
            let Some(happenings) = self.keys.get_mut(&key) else {
                continue;
            };
            if write.kind == WriteKind::Put {
                let dates = self.written.entry(key).or_default();
                let date = dates.entry(write.digest).or_insert(write.produced);
                *date = write.produced.max(*date);
            }
            happenings.extend(of_write(write));
        }
    }

    fn add_fault(&mut self, scenario: &'a Scenario, timeline: &Timeline<'a>, injection: &Injection<'a>) {
        for impact in injection.fault.action.impacts(scenario) {
            let Some((store, region)) = impact.resource.as_store() else {
                continue;
            };
            let happening = Happening {
                at: injection.at,
                region,
                state: State::Damaged(None),
                rank: Rank::Fault,
                change: None,
            };
            match impact.effect {
                Effect::DeletesBucket => self
                    .keys
                    .iter_mut()
                    .filter(|((of, _), _)| *of == store)
                    .for_each(|(_, happenings)| happenings.push(happening)),
                Effect::DeletesObjects | Effect::DamagesObjects => {
                    let run = timeline.faults.get(injection.fault.id.as_str());
                    for key in run.map_or(&[][..], |run| run.targets) {
                        if let Some(happenings) = self.keys.get_mut(&(store, key.as_str())) {
                            happenings.push(happening);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// What stands at one key in each region, as things happen to it.
struct Fold<'a> {
    /// None of a key that no producer wrote.
    dates: Option<&'a Dates>,
    states: HashMap<&'a str, State>,
}

impl<'a> Fold<'a> {
    fn run(&mut self, mut happenings: Vec<Happening<'a>>, effects: &mut [Option<PutBack>]) {
        // Writes that are due at the instant of a fault follow it.
        happenings.sort_by_key(|happening| (happening.at, happening.rank, happening.change));
        for happening in happenings {
            let before = self.states.get(happening.region).copied();
            let before = before.unwrap_or(State::Unknown);
            if let Some(n) = happening.change
                && self.dates.is_some()
            {
                effects[n] = Some(self.effect(happening.state, before));
            }
            if happening.rank == Rank::Write {
                // It may be copied to wherever else the key is.
                self.states.values_mut().for_each(|state| *state = State::Unknown);
            }
            // Content that no client wrote replaced content that a client had written.
            let after = match happening.state {
                State::Damaged(None) => before.destroyed(),
                State::Body(left) if self.dates.is_some() && self.date(&left).is_none() => before.destroyed(),
                state => state,
            };
            self.states.insert(happening.region, after);
        }
    }

    /// What a change put back that left `left` where `before` had stood.
    fn effect(&self, left: State, before: State) -> PutBack {
        let left = match left {
            State::Body(left) => self.date(&left).map(|of| (left, of)),
            State::Damaged(_) | State::Deleted | State::Unknown => None,
        };
        let Some((left, of)) = left else {
            return PutBack::Nothing;
        };
        let newer = |stood: &Sha256Digest| self.date(stood).is_none_or(|stood| stood < of);
        match before {
            State::Body(stood) if stood != left && newer(&stood) => PutBack::Newest,
            State::Damaged(Some(stood)) if stood == left || newer(&stood) => PutBack::Newest,
            State::Damaged(Some(_)) => PutBack::Older,
            State::Damaged(None) | State::Unknown => PutBack::Newest,
            State::Body(_) | State::Deleted => PutBack::Nothing,
        }
    }

    /// When this content was produced last, if a producer wrote it.
    fn date(&self, digest: &Sha256Digest) -> Option<DrillTime> {
        self.dates.and_then(|dates| dates.get(digest)).copied()
    }
}

/// What a write left where it was acknowledged. One that was not is taken to have come to nothing: if it came, what is put
/// back after it is older.
fn of_write(write: &Write) -> Option<Happening<'_>> {
    let state = match write.kind {
        WriteKind::Put => State::Body(write.digest),
        WriteKind::Delete => State::Deleted,
    };
    write.acknowledged.map(|at| Happening {
        at,
        region: &write.region,
        state,
        rank: Rank::Write,
        change: None,
    })
}
