//! What became of the objects of a bucket: the ledger's writes, key by key, against what audits read.
//!
//! History is a producer like any other. Canaries' keys stand outside. A key of the ledger that an audit
//! has no word of was not read: nothing is known of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::key::{Judged, Rules, Seen};
use super::tally::{Dated, Outcome, Tally};
use super::{Cuts, Subject};
use crate::audit::{AuditRecord, Found};
use crate::journal::AuditId;
use crate::ledger::{LedgerRecord, Sha256Digest, Write, WriteKind};
use crate::measures::recording::Recording;
use crate::units::DrillTime;

/// What canaries' producers are called first.
const CANARY_PRODUCER: &str = "canary/";

/// What one audit read at a key, and in which region.
#[derive(Clone, Copy, Debug)]
struct Read<'a> {
    seen: Seen,
    region: &'a str,
    /// Of several reads of one key the highest rank is taken, whatever their order in the record.
    rank: (u8, i64, [u8; 32]),
}

/// The ledger and the audits of one bucket.
struct Bucket<'a> {
    subject: &'a Subject<'a>,
    writes: BTreeMap<&'a str, Vec<&'a Write>>,
    canaries: HashSet<&'a str>,
    reads: HashMap<(u8, &'a str), Read<'a>>,
    /// What audit A saw in the store of the other region.
    elsewhere: HashSet<(&'a str, Sha256Digest)>,
}

/// Counts the writes of an object data set.
pub(crate) fn tally(subject: &Subject<'_>, cuts: Cuts, recording: &Recording) -> Tally {
    let bucket = Bucket::new(subject, recording);
    let mut tally = Tally::default();
    let mut produced = BTreeSet::new();
    for (key, writes) in &bucket.writes {
        let counts = |write: &&&Write| write.acknowledged.is_some() || !subject.only_acknowledged();
        produced.extend(writes.iter().filter(counts).map(|write| write.produced));
        bucket.count_key(&mut tally, cuts, key, writes);
    }
    tally.produced = produced.into_iter().collect();
    tally.unexpected += bucket.unexpected();
    tally
}

impl<'a> Bucket<'a> {
    fn new(subject: &'a Subject<'a>, recording: &'a Recording) -> Bucket<'a> {
        let mut bucket = Bucket {
            subject,
            writes: BTreeMap::new(),
            canaries: HashSet::new(),
            reads: HashMap::new(),
            elsewhere: HashSet::new(),
        };
        for record in &recording.ledger {
            match record {
                LedgerRecord::Write(write) if write.bucket == subject.bucket => bucket.take_write(write),
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

    fn take_write(&mut self, write: &'a Write) {
        match write.producer.starts_with(CANARY_PRODUCER) {
            true => {
                self.canaries.insert(&write.key);
            }
            false => self.writes.entry(&write.key).or_default().push(write),
        }
    }

    fn take_read(&mut self, record: &'a AuditRecord) {
        if let AuditRecord::ObjectElsewhere {
            audit: AuditId::A,
            bucket,
            key,
            digest,
            ..
        } = record
            && *bucket == self.subject.bucket
        {
            self.elsewhere.insert((key, *digest));
        }
        let AuditRecord::Object {
            audit,
            bucket,
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
            } => (Seen::Body(*digest), (2, last_modified.as_us(), *digest)),
            Found::Missing => (Seen::Missing, (1, 0, [0; 32])),
            Found::Unreadable { .. } => (Seen::Unknown, (0, 0, [0; 32])),
        };
        let read = Read { seen, region, rank };
        let kept = self.reads.entry((audit_index(*audit), key)).or_insert(read);
        if (kept.rank, kept.region) < (read.rank, read.region) {
            *kept = read;
        }
    }

    fn read<'s>(&'s self, audit: AuditId, key: &'s str) -> Option<&'s Read<'s>> {
        self.reads.get(&(audit_index(audit), key))
    }

    fn judge_key(&self, audit: AuditId, cut: DrillTime, key: &str, writes: &[&Write]) -> Judged {
        let rules = Rules {
            cut,
            fault: self.subject.fault,
            only_acknowledged: self.subject.only_acknowledged(),
            late_after: self.subject.late_after,
        };
        let seen = match self.subject.unlisted(audit) {
            true => Seen::Unknown,
            false => self.read(audit, key).map_or(Seen::Unknown, |read| read.seen),
        };
        rules.judge(writes, seen)
    }

    fn count_key(&self, tally: &mut Tally, cuts: Cuts, key: &str, writes: &[&Write]) {
        let Some(cut) = cuts.a else { return };
        let judged = self.judge_key(AuditId::A, cut, key, writes);
        let later = cuts
            .b
            .map(|cut| self.judge_key(AuditId::B, cut, key, writes).outcomes);
        for (n, (write, outcome)) in writes.iter().zip(&judged.outcomes).enumerate() {
            tally.acknowledged += u64::from(write.produced < cut && write.acknowledged.is_some());
            tally.count(*outcome, 1);
            self.count_write(tally, key, write, *outcome);
            let stood = outcome.is_there() || write.produced >= cut;
            if let Some(later) = later.as_ref().map(|outcomes| outcomes[n]) {
                tally.recovered_later += u64::from(outcome.is_damage() && later.is_there());
                tally.lost_in_failback += u64::from(stood && later.is_damage());
                tally.unknown_at_end += u64::from(later == Outcome::Unknown);
            }
        }
        tally.unexpected += u64::from(judged.unexpected);
        let Some(present) = judged.present.map(|n| writes[n]) else {
            return;
        };
        tally.survives(present.produced);
        let unanswered = present.acknowledged.is_none() && present.produced < cut;
        tally.recovered += u64::from(unanswered && self.subject.only_acknowledged());
    }

    fn count_write(&self, tally: &mut Tally, key: &str, write: &Write, outcome: Outcome) {
        match outcome {
            Outcome::Delayed => {
                tally.ages.push(
                    write
                        .acknowledged
                        .map_or_else(Default::default, |at| at - write.produced),
                );
            }
            Outcome::Lost => *tally.lost_by_hop.entry(self.hop(key, write)).or_default() += 1,
            Outcome::Stale if write.kind == WriteKind::Delete => tally.resurrected += 1,
            _ => {}
        }
        if outcome.is_damage() {
            tally.damage(Dated::exact(write.produced));
            tally.elsewhere += u64::from(self.elsewhere.contains(&(key, write.digest)));
            let touched = self.subject.targets.contains(key);
            let before = self
                .subject
                .first_strike
                .is_none_or(|first| write.produced < first);
            let at_home = self.hop(key, write) == "bucket";
            tally.steady_losses +=
                u64::from(before && at_home && !touched && !self.subject.changed_as_a_whole);
        }
    }

    /// Where a write that is not there died: in the store that had acknowledged it, or on its way to the other
    /// one, in which it was looked for.
    fn hop(&self, key: &str, write: &Write) -> &'static str {
        let arrived = self
            .subject
            .arrives_in(write.acknowledged.unwrap_or(write.produced));
        match self.read(AuditId::A, key) {
            Some(read) if read.region != arrived => "replica",
            _ => "bucket",
        }
    }

    /// Objects under keys that nobody ever wrote.
    fn unexpected(&self) -> u64 {
        let stranger = |((audit, key), read): &(&(u8, &str), &Read<'_>)| {
            *audit == audit_index(AuditId::A)
                && matches!(read.seen, Seen::Body(_))
                && !self.writes.contains_key(key)
                && !self.canaries.contains(key)
        };
        self.reads.iter().filter(stranger).count() as u64
    }
}

fn audit_index(audit: AuditId) -> u8 {
    match audit {
        AuditId::A => 0,
        AuditId::B => 1,
    }
}
