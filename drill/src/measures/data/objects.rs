//! What became of the objects of a bucket: the ledger's writes, key by key, against what audits read.
//!
//! History is a producer like any other. Canaries' keys stand outside. A key of the ledger that an audit
//! has no word of was not read: nothing is known of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::counts::{WriteCounts, WriteOutcome};
use super::damage::{Cause, Damage};
use super::key::{Judged, KeyState, Rules};
use super::{Cuts, Subject};
use crate::audit::{AuditRecord, Found};
use crate::journal::AuditId;
use crate::ledger::{Change, Changed, Changer, LedgerRecord, Left, Sha256Digest, Write, WriteKind};
use crate::measures::recording::Recording;
use crate::recovery::Dated;
use crate::units::DrillTime;

/// What canaries' producers are called first.
const CANARY_PRODUCER: &str = "canary/";

/// What one audit read at a key, and in which region.
#[derive(Clone, Copy, Debug)]
struct Read<'a> {
    seen: KeyState,
    region: &'a str,
    /// Of several reads of one key the highest rank is taken, whatever their order in the record.
    rank: (u8, i64, [u8; 32]),
}

/// The ledger and the audits of one bucket.
struct Bucket<'s, 'a> {
    subject: &'s Subject<'s, 'a>,
    writes: BTreeMap<&'s str, Vec<&'s Write>>,
    canaries: HashSet<&'s str>,
    reads: HashMap<(u8, &'s str), Read<'s>>,
    /// What audit A saw in the store of the other region.
    elsewhere: HashSet<(&'s str, Sha256Digest)>,
}

/// Counts the writes of an object data set.
pub(crate) fn count_writes<'a>(
    subject: &Subject<'_, 'a>,
    cuts: Cuts,
    recording: &Recording,
) -> WriteCounts<'a> {
    let bucket = Bucket::new(subject, recording);
    let mut counts = WriteCounts::default();
    let mut produced = BTreeSet::new();
    for (key, writes) in &bucket.writes {
        let is_counted = |write: &&&Write| write.acknowledged.is_some() || !subject.only_acknowledged();
        produced.extend(writes.iter().filter(is_counted).map(|write| write.produced));
        bucket.count_key(&mut counts, cuts, key, writes);
    }
    counts.produced = produced.into_iter().collect();
    counts.unexpected += bucket.unexpected();
    counts.doubts.extend(bucket.refused_in_steady_state());
    counts
}

impl<'s, 'a> Bucket<'s, 'a> {
    fn new(subject: &'s Subject<'s, 'a>, recording: &'s Recording) -> Bucket<'s, 'a> {
        let mut bucket = Bucket {
            subject,
            writes: BTreeMap::new(),
            canaries: HashSet::new(),
            reads: HashMap::new(),
            elsewhere: HashSet::new(),
        };
        for record in &recording.ledger {
            match record {
                LedgerRecord::Write(write) if write.store == subject.bucket => bucket.take_write(write),
                _ => {}
            }
        }
        for writes in bucket.writes.values_mut() {
            writes.sort_by_key(|write| (write.acknowledged.unwrap_or(write.produced), write.produced));
        }
        for record in &recording.audit {
            bucket.take_read(record);
        }
        bucket
    }

    fn take_write(&mut self, write: &'s Write) {
        if write.producer.starts_with(CANARY_PRODUCER) {
            self.canaries.insert(&write.key);
        } else {
            self.writes.entry(&write.key).or_default().push(write);
        }
    }

    fn take_read(&mut self, record: &'s AuditRecord) {
        if let AuditRecord::ValueElsewhere {
            audit: AuditId::A,
            store: bucket,
            key,
            digest,
            ..
        } = record
            && *bucket == self.subject.bucket
        {
            self.elsewhere.insert((key, *digest));
        }
        let AuditRecord::Value {
            audit,
            store: bucket,
            region,
            key,
            found,
        } = record
        else {
            return;
        };
        if *bucket != self.subject.bucket {
            return;
        }
        let (seen, rank) = match found {
            Found::Body {
                digest,
                last_modified,
                ..
            } => (KeyState::Body(*digest), (2, last_modified.as_us(), *digest)),
            Found::Missing => (KeyState::Missing, (1, 0, [0; 32])),
            Found::Unreadable { .. } => (KeyState::Unknown, (0, 0, [0; 32])),
        };
        let read = Read { seen, region, rank };
        let kept = self.reads.entry((audit_index(*audit), key)).or_insert(read);
        if (kept.rank, kept.region) < (read.rank, read.region) {
            *kept = read;
        }
    }

    fn read<'k>(&'k self, audit: AuditId, key: &'k str) -> Option<&'k Read<'k>> {
        self.reads.get(&(audit_index(audit), key))
    }

    fn judge_key(&self, audit: AuditId, cut: DrillTime, key: &str, writes: &[&Write]) -> Judged {
        let rules = Rules {
            cut,
            only_acknowledged: self.subject.only_acknowledged(),
            late_after: self.subject.late_after,
        };
        let seen = if self.subject.unlisted(audit) {
            KeyState::Unknown
        } else {
            self.read(audit, key).map_or(KeyState::Unknown, |read| read.seen)
        };
        rules.judge(writes, seen)
    }

    /// Writes that were not acknowledged before the first fault: what was never there cannot be lost.
    fn refused_in_steady_state(&self) -> Option<String> {
        let first = self.subject.first_injection?;
        let before = |write: &&&Write| (DrillTime::ZERO..first).contains(&write.produced);
        let writes: Vec<&&Write> = self.writes.values().flatten().filter(before).collect();
        let refused = writes.iter().filter(|write| write.acknowledged.is_none()).count();
        (refused > 0).then(|| {
            let all = writes.len();
            format!("{refused} of {all} writes before the first fault were never acknowledged, and no fault explains that")
        })
    }

    fn count_key(&self, counts: &mut WriteCounts<'a>, cuts: Cuts, key: &str, writes: &[&Write]) {
        let Some(cut) = cuts.a else { return };
        let judged = self.judge_key(AuditId::A, cut, key, writes);
        let later = cuts
            .b
            .map(|cut| self.judge_key(AuditId::B, cut, key, writes).outcomes);
        for (n, (write, outcome)) in writes.iter().zip(&judged.outcomes).enumerate() {
            counts.acknowledged += u64::from(write.produced < cut && write.acknowledged.is_some());
            let outcome = self.of_own_lateness(counts, write, *outcome);
            counts.count(outcome, 1);
            self.count_write(counts, key, write, outcome);
            let stood = outcome.is_there() || write.produced >= cut;
            if let Some(later) = later.as_ref().map(|outcomes| outcomes[n]) {
                counts.recovered_later += u64::from(outcome.is_damage() && later.is_there());
                counts.unknown_at_end += u64::from(later == WriteOutcome::Unknown);
                if stood && later.is_damage() {
                    counts.lost_in_failback += 1;
                    counts.damage(self.damage(AuditId::B, key, write));
                }
            }
        }
        counts.unexpected += u64::from(judged.unexpected);
        let Some(present) = judged.present.map(|n| writes[n]) else {
            return;
        };
        counts.survives(present.produced);
        let unanswered = present.acknowledged.is_none() && present.produced < cut;
        counts.recovered += u64::from(unanswered && self.subject.only_acknowledged());
    }

    /// What was late though no fault stood in its way was late for this machine, which is no delay.
    fn of_own_lateness(
        &self,
        counts: &mut WriteCounts<'a>,
        write: &Write,
        outcome: WriteOutcome,
    ) -> WriteOutcome {
        let answered = write.acknowledged.unwrap_or(write.produced);
        match outcome {
            WriteOutcome::Delayed if !self.subject.was_slowed(write.produced, answered) => {
                counts.late_here += 1;
                WriteOutcome::Stable
            }
            outcome => outcome,
        }
    }

    fn count_write(&self, counts: &mut WriteCounts<'a>, key: &str, write: &Write, outcome: WriteOutcome) {
        match outcome {
            WriteOutcome::Delayed => {
                counts.ages.push(
                    write
                        .acknowledged
                        .map_or_else(Default::default, |at| at - write.produced),
                );
            }
            WriteOutcome::Lost => *counts.lost_by_hop.entry(self.hop(key, write)).or_default() += 1,
            WriteOutcome::Stale if write.kind == WriteKind::Delete => counts.resurrected += 1,
            _ => {}
        }
        if outcome.is_damage() {
            let damage = self.damage(AuditId::A, key, write);
            counts.elsewhere += u64::from(self.elsewhere.contains(&(key, write.digest)));
            let first = self.subject.first_injection;
            let in_steady_state = |at: DrillTime| first.is_none_or(|first| at < first);
            let unexplained = damage.cause == Cause::Unknown && self.hop(key, write) != REPLICA;
            let steady = if unexplained {
                in_steady_state(write.produced)
            } else {
                damage.cause != Cause::Unknown && in_steady_state(damage.died.to)
            };
            counts.steady_losses += u64::from(steady);
            counts.damage(damage);
        }
    }

    /// Who destroyed a write that an audit missed.
    fn damage(&self, audit: AuditId, key: &str, write: &Write) -> Damage<'a> {
        let produced = Dated::exact(write.produced);
        let named = match audit {
            AuditId::A => self.subject.read_in.0,
            AuditId::B => self.subject.read_in.1,
        };
        let read_in = self.read(audit, key).map_or(named, |read| read.region);
        let hit = self.subject.hits.destroyed(write, read_in);
        let hit = hit.or_else(|| self.subject.hits.destroyed(write, &write.region));
        match hit {
            Some(hit) => Damage {
                produced,
                died: Dated::exact(hit.at),
                cause: hit.cause,
                audit,
                count: 1,
            },
            None => {
                let arrived = write.acknowledged.unwrap_or(write.produced);
                self.subject
                    .left_behind(produced, arrived, &write.region, read_in, audit)
            }
        }
    }

    /// Where a write that is not there died: in the store that had acknowledged it, or on its way to the other
    /// one, in which it was looked for.
    fn hop(&self, key: &str, write: &Write) -> &'static str {
        match self.read(AuditId::A, key) {
            Some(read) if read.region != write.region => REPLICA,
            _ => self.subject.noun(),
        }
    }

    /// Objects under keys that no client ever wrote, nor a step of the operator's.
    fn unexpected(&self) -> u64 {
        let changes = self.subject.case.changes.iter();
        let by_steps: HashSet<&str> = changes.filter_map(|change| self.set_by_step(change)).collect();
        let stranger = |((audit, key), read): &(&(u8, &str), &Read<'_>)| {
            *audit == audit_index(AuditId::A)
                && matches!(read.seen, KeyState::Body(_))
                && !self.writes.contains_key(key)
                && !self.canaries.contains(key)
                && !by_steps.contains(key)
        };
        self.reads.iter().filter(stranger).count() as u64
    }

    /// The key of a value of this store that a step has set.
    fn set_by_step<'c>(&self, change: &'c Change) -> Option<&'c str> {
        match (&change.by, &change.changed) {
            (
                Changer::Step(_),
                Changed::Value {
                    store,
                    key,
                    left: Left::Body(_),
                    ..
                },
            ) if *store == self.subject.bucket => Some(key),
            _ => None,
        }
    }
}

/// Where a write died that was on its way to the other store.
const REPLICA: &str = "replica";

fn audit_index(audit: AuditId) -> u8 {
    match audit {
        AuditId::A => 0,
        AuditId::B => 1,
    }
}
