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

use super::case::Strike;
use super::timeline::Timeline;
use crate::ledger::{Change, Changed, LedgerRecord, Left, Sha256Digest, Write, WriteKind};
use crate::scenario::{Effect, Resource, Scenario};
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
    /// Nothing, or something that nobody wrote; with what stood there before, if that is known.
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
    strikes: &[Strike<'_>],
    changes: &[&Change],
    ledger: &[LedgerRecord],
) -> Vec<Option<PutBack>> {
    let mut effects = vec![None; changes.len()];
    let mut keys: HashMap<Key<'_>, Vec<Happening<'_>>> = HashMap::new();
    for (n, change) in changes.iter().enumerate() {
        if let Changed::Object {
            bucket,
            region,
            key,
            left,
        } = &change.changed
        {
            let state = match left {
                Left::Body(digest) => State::Body(*digest),
                Left::Nothing => State::Damaged(None),
                Left::Unknown => State::Unknown,
            };
            keys.entry((bucket, key)).or_default().push(Happening {
                at: change.at,
                region,
                state,
                rank: Rank::Change,
                change: Some(n),
            });
        }
    }
    let mut written: HashMap<Key<'_>, HashMap<Sha256Digest, DrillTime>> = HashMap::new();
    for record in ledger {
        let LedgerRecord::Write(write) = record else {
            continue;
        };
        let key = (write.bucket.as_str(), write.key.as_str());
        let Some(happenings) = keys.get_mut(&key) else {
            continue;
        };
        if write.kind == WriteKind::Put {
            let dates = written.entry(key).or_default();
            let date = dates.entry(write.digest).or_insert(write.produced);
            *date = write.produced.max(*date);
        }
        happenings.extend(of_write(write));
    }
    for strike in strikes {
        for hurt in strike.fault.action.hurts(scenario) {
            let Resource::Store { bucket, region } = hurt.resource else {
                continue;
            };
            let happening = Happening {
                at: strike.at,
                region,
                state: State::Damaged(None),
                rank: Rank::Fault,
                change: None,
            };
            match hurt.effect {
                Effect::DeletesBucket => keys
                    .iter_mut()
                    .filter(|((of, _), _)| *of == bucket)
                    .for_each(|(_, happenings)| happenings.push(happening)),
                Effect::DeletesObjects | Effect::DamagesObjects => {
                    let run = timeline.faults.get(strike.fault.id.as_str());
                    for key in run.map_or(&[][..], |run| run.targets) {
                        if let Some(happenings) = keys.get_mut(&(bucket, key.as_str())) {
                            happenings.push(happening);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    for (key, mut happenings) in keys {
        // Writes that are due at the instant of a fault follow it.
        happenings.sort_by_key(|happening| (happening.at, happening.rank, happening.change));
        let dates = written.get(&key);
        let date = |digest: &Sha256Digest| dates.and_then(|dates| dates.get(digest)).copied();
        let mut states: HashMap<&str, State> = HashMap::new();
        for happening in happenings {
            let before = states.get(happening.region).copied().unwrap_or(State::Unknown);
            if let Some(n) = happening.change
                && dates.is_some()
            {
                let left = match happening.state {
                    State::Body(left) => date(&left).map(|of| (left, of)),
                    State::Damaged(_) | State::Deleted | State::Unknown => None,
                };
                let newer = |stood: &Sha256Digest, of: DrillTime| date(stood).is_none_or(|stood| stood < of);
                effects[n] = Some(match (left, before) {
                    (Some((left, of)), State::Body(stood)) if stood != left && newer(&stood, of) => {
                        PutBack::Newest
                    }
                    (Some((left, of)), State::Damaged(Some(stood))) if stood == left || newer(&stood, of) => {
                        PutBack::Newest
                    }
                    (Some(_), State::Damaged(Some(_))) => PutBack::Older,
                    (Some(_), State::Damaged(None) | State::Unknown) => PutBack::Newest,
                    _ => PutBack::Nothing,
                });
            }
            if happening.rank == Rank::Write {
                // It may be copied to wherever else the key is.
                states.values_mut().for_each(|state| *state = State::Unknown);
            }
            // What stood there and was written by nobody replaced what somebody had written.
            let after = match happening.state {
                State::Damaged(None) => before.destroyed(),
                State::Body(left) if dates.is_some() && date(&left).is_none() => before.destroyed(),
                state => state,
            };
            states.insert(happening.region, after);
        }
    }
    effects
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
