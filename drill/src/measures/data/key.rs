//! What became of the writes of one key, from what an audit read there.
//!
//! ```text
//!  writes of the key    w0      w1      w2      w3
//!  w1 was read          ·       ·       ·       stale
//!  nothing was read     ·       ·       ·       lost        · superseded: a later one had replaced it
//!  w3 was read          ·       ·       ·       stable
//! ```
//!
//! Only what stood there when it was destroyed was destroyed: whatever a later acknowledged write had replaced before
//! is superseded, whatever faults came in between.
//!
//! A delete is a write, whose body is that nothing is there.

use super::tally::Outcome;
use crate::ledger::{Sha256Digest, Write, WriteKind};
use crate::units::{DrillTime, Span};

/// What was read at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Body(Sha256Digest),
    Missing,
    /// It could not be read, or was not.
    Unknown,
}

/// What the writes of every key are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Writes produced before this instant count.
    pub(crate) cut: DrillTime,
    /// Whether only acknowledged writes count.
    pub(crate) only_acknowledged: bool,
    /// From what age on an arrival is late.
    pub(crate) late_after: Span,
}

/// What became of a key and its writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judged {
    /// Of each write, in their order.
    pub(crate) outcomes: Vec<Outcome>,
    /// The write that is there.
    pub(crate) present: Option<usize>,
    /// Something is there that nobody wrote, under a key of which no write counts.
    pub(crate) unexpected: bool,
}

impl Rules {
    fn counts(&self, write: &Write) -> bool {
        write.produced < self.cut && (write.acknowledged.is_some() || !self.only_acknowledged)
    }

    /// The age at which a write became readable.
    pub(crate) fn age(&self, write: &Write) -> Span {
        write.acknowledged.map_or(Span::ZERO, |at| at - write.produced)
    }

    /// Judges the writes of one key, which stand in the order in which they took effect.
    pub(crate) fn judge(&self, writes: &[&Write], seen: Seen) -> Judged {
        let newest = writes.iter().rposition(|write| self.counts(write));
        let present = present(writes, seen, newest.unwrap_or(0));
        let outcome = |n: usize| self.outcome(writes, n, seen, present);
        Judged {
            outcomes: (0..writes.len()).map(outcome).collect(),
            present,
            unexpected: newest.is_none() && present.is_none() && matches!(seen, Seen::Body(_)),
        }
    }

    fn outcome(&self, writes: &[&Write], n: usize, seen: Seen, present: Option<usize>) -> Outcome {
        let write = writes[n];
        if !self.counts(write) {
            return Outcome::NotCounted;
        }
        let later = |since: Option<DrillTime>| {
            writes[n + 1..].iter().any(|later| {
                let after = since.is_none_or(|since| later.produced >= since);
                later.acknowledged.is_some() && self.counts(later) && after
            })
        };
        // Which of two writes that overlapped came last only the store knows.
        let replaced = match present {
            Some(there) if there == n => later(write.acknowledged),
            _ => later(None),
        };
        if replaced {
            return Outcome::Superseded;
        }
        match (present, seen) {
            (_, Seen::Unknown) => Outcome::Unknown,
            (Some(there), _) if there > n => Outcome::Superseded,
            (Some(there), _) if there == n => match self.age(write) > self.late_after {
                true => Outcome::Delayed,
                false => Outcome::Stable,
            },
            (Some(there), _) if writes[there].acknowledged.is_some_and(|at| write.produced < at) => {
                Outcome::Superseded
            }
            (Some(_), _) => Outcome::Stale,
            (None, Seen::Missing) => self.of_nothing(writes, n),
            (None, _) => Outcome::Corrupted,
        }
    }

    /// Nothing is there though the newest write put something: what was deleted before that is as it was
    /// left, and what was put is lost, unless it was to be deleted.
    fn of_nothing(&self, writes: &[&Write], n: usize) -> Outcome {
        let deletes = |write: &&Write| write.kind == WriteKind::Delete && write.acknowledged.is_some();
        match writes[n + 1..].iter().any(deletes) {
            true => Outcome::Superseded,
            false if writes[n].kind == WriteKind::Delete => Outcome::Stable,
            false => Outcome::Lost,
        }
    }
}

/// The write that is there. Nothing at all is what a delete wrote, if no write that counts came after it.
fn present(writes: &[&Write], seen: Seen, newest: usize) -> Option<usize> {
    match seen {
        Seen::Body(digest) => writes
            .iter()
            .rposition(|write| write.kind == WriteKind::Put && write.digest == digest),
        Seen::Missing => {
            let last = writes.iter().rposition(|write| write.kind == WriteKind::Delete);
            last.filter(|last| *last >= newest)
        }
        Seen::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Corrupted, Delayed, Lost, NotCounted, Stable, Stale, Superseded, Unknown};

    const FAULT: i64 = 100;

    fn write(kind: WriteKind, produced: i64, acknowledged: Option<i64>, digest: u8) -> Write {
        Write {
            bucket: "b".into(),
            producer: "w".into(),
            region: "r".into(),
            key: "k".into(),
            kind,
            produced: DrillTime::from_secs(produced),
            acknowledged: acknowledged.map(DrillTime::from_secs),
            digest: [digest; 32],
            size: 1,
        }
    }

    /// A put that was acknowledged a second later; its bytes are its date.
    fn put(at: i64) -> Write {
        write(WriteKind::Put, at, Some(at + 1), at as u8)
    }

    fn delete(at: i64) -> Write {
        write(WriteKind::Delete, at, Some(at + 1), 0)
    }

    fn unacknowledged(at: i64) -> Write {
        write(WriteKind::Put, at, None, at as u8)
    }

    fn judge(writes: &[Write], seen: Seen) -> Judged {
        let rules = Rules {
            cut: DrillTime::from_secs(200),
            only_acknowledged: true,
            late_after: Span::from_secs(60),
        };
        rules.judge(&writes.iter().collect::<Vec<_>>(), seen)
    }

    fn outcomes(writes: &[Write], seen: Seen) -> Vec<Outcome> {
        judge(writes, seen).outcomes
    }

    fn body(at: i64) -> Seen {
        Seen::Body([at as u8; 32])
    }

    #[test]
    fn a_write_is_there_or_lost_or_corrupted_or_unknown() {
        assert_eq!(outcomes(&[put(10)], body(10)), [Stable]);
        assert_eq!(outcomes(&[put(10)], Seen::Missing), [Lost]);
        assert_eq!(outcomes(&[put(10)], body(99)), [Corrupted]);
        assert_eq!(outcomes(&[put(10)], Seen::Unknown), [Unknown]);
        assert_eq!(outcomes(&[], Seen::Missing), []);
    }

    #[test]
    fn a_write_that_was_replaced_is_not_lost() {
        assert_eq!(outcomes(&[put(10), put(20)], Seen::Missing), [Superseded, Lost]);
        assert_eq!(outcomes(&[put(10), put(20)], body(20)), [Superseded, Stable]);
        assert_eq!(
            outcomes(&[put(10), delete(20)], Seen::Missing),
            [Superseded, Stable]
        );
        assert_eq!(
            outcomes(&[put(10), put(FAULT)], Seen::Missing),
            [Superseded, Lost]
        );
        assert_eq!(
            outcomes(&[put(10), put(FAULT)], body(FAULT)),
            [Superseded, Stable]
        );
    }

    #[test]
    fn an_older_version_makes_the_newest_one_stale() {
        assert_eq!(outcomes(&[put(10), put(20)], body(10)), [Superseded, Stale]);
        assert_eq!(
            outcomes(&[put(10), put(110), put(120)], body(10)),
            [Superseded, Superseded, Stale]
        );
    }

    #[test]
    fn a_delete_that_is_undone_is_stale() {
        let judged = judge(&[put(10), delete(20)], body(10));
        assert_eq!(judged.outcomes, [Superseded, Stale]);
        assert_eq!(judged.present, Some(0));
        assert_eq!(outcomes(&[delete(20)], Seen::Missing), [Stable]);
        // Deleted after the fault, and gone: the put before it is no loss.
        assert_eq!(
            outcomes(&[put(10), delete(110)], Seen::Missing),
            [Superseded, Stable]
        );
    }

    #[test]
    fn what_was_deleted_and_then_lost_was_lost_once() {
        assert_eq!(
            outcomes(&[delete(10), put(110)], Seen::Missing),
            [Superseded, Lost]
        );
        assert_eq!(
            outcomes(&[put(10), delete(110), put(120)], Seen::Missing),
            [Superseded, Superseded, Lost]
        );
        assert_eq!(
            outcomes(&[put(10), put(110), put(120)], Seen::Missing),
            [Superseded, Superseded, Lost]
        );
    }

    #[test]
    fn what_is_written_after_the_cut_does_not_count_but_supersedes() {
        assert_eq!(
            outcomes(&[put(10), put(210)], body(210)),
            [Superseded, NotCounted]
        );
        assert_eq!(
            outcomes(&[put(10), delete(210)], Seen::Missing),
            [Superseded, NotCounted]
        );
        assert_eq!(outcomes(&[put(10), put(210)], Seen::Missing), [Lost, NotCounted]);
        assert_eq!(
            outcomes(&[delete(10), put(210)], Seen::Missing),
            [Stable, NotCounted]
        );
    }

    #[test]
    fn a_write_without_an_answer_may_be_there_all_the_same() {
        let judged = judge(&[put(10), unacknowledged(110)], body(110));
        assert_eq!(judged.outcomes, [Superseded, NotCounted]);
        assert_eq!(judged.present, Some(1));
        assert_eq!(
            outcomes(&[put(10), unacknowledged(20)], Seen::Missing),
            [Lost, NotCounted]
        );
        assert!(!judge(&[unacknowledged(20)], body(20)).unexpected);
        assert!(judge(&[unacknowledged(20)], body(21)).unexpected);
    }

    #[test]
    fn late_is_what_was_acknowledged_late() {
        let late = write(WriteKind::Put, 10, Some(71), 10);
        assert_eq!(outcomes(&[late], body(10)), [Delayed]);
        let in_time = write(WriteKind::Put, 10, Some(70), 10);
        assert_eq!(outcomes(&[in_time], body(10)), [Stable]);
    }

    #[test]
    fn of_two_writes_that_overlapped_either_may_be_there() {
        let long = write(WriteKind::Put, 110, Some(130), 110);
        let short = write(WriteKind::Put, 120, Some(140), 120);
        assert_eq!(outcomes(&[long, short], body(110)), [Stable, Superseded]);
    }
}
