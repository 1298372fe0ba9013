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

use super::counts::WriteOutcome;
use crate::ledger::{Sha256Digest, Write, WriteKind};
use crate::units::{DrillTime, Span};

/// What was read at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyState {
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
    pub(crate) outcomes: Vec<WriteOutcome>,
    /// The write that is there.
    pub(crate) present: Option<usize>,
    /// Content that no client wrote is there, under a key of which no write counts.
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
    pub(crate) fn judge(&self, writes: &[&Write], seen: KeyState) -> Judged {
        let newest = writes.iter().rposition(|write| self.counts(write));
        let present = present(writes, seen, newest.unwrap_or(0));
        let outcome = |n: usize| self.outcome(writes, n, seen, present);
        Judged {
            outcomes: (0..writes.len()).map(outcome).collect(),
            present,
            unexpected: newest.is_none() && present.is_none() && matches!(seen, KeyState::Body(_)),
        }
    }

    fn outcome(&self, writes: &[&Write], n: usize, seen: KeyState, present: Option<usize>) -> WriteOutcome {
        let write = writes[n];
        if !self.counts(write) {
            return WriteOutcome::NotCounted;
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
            return WriteOutcome::Superseded;
        }
        match (present, seen) {
            (_, KeyState::Unknown) => WriteOutcome::Unknown,
            (Some(there), _) if there > n => WriteOutcome::Superseded,
            (Some(there), _) if there == n => {
                if self.age(write) > self.late_after {
                    WriteOutcome::Delayed
                } else {
                    WriteOutcome::Stable
                }
            }
            (Some(there), _) if writes[there].acknowledged.is_some_and(|at| write.produced < at) => {
                WriteOutcome::Superseded
            }
            (Some(_), _) => WriteOutcome::Stale,
            (None, KeyState::Missing) => self.of_nothing(writes, n),
            (None, _) => WriteOutcome::Corrupted,
        }
    }

    /// Nothing is there though the newest write put something: what was deleted before that is as it was
    /// left, and what was put is lost, unless it was to be deleted.
    fn of_nothing(&self, writes: &[&Write], n: usize) -> WriteOutcome {
        let deletes = |write: &&Write| write.kind == WriteKind::Delete && write.acknowledged.is_some();
        if writes[n + 1..].iter().any(deletes) {
            WriteOutcome::Superseded
        } else if writes[n].kind == WriteKind::Delete {
            WriteOutcome::Stable
        } else {
            WriteOutcome::Lost
        }
    }
}

/// The write that is there. Nothing at all is what a delete wrote, if no write that counts came after it.
fn present(writes: &[&Write], seen: KeyState, newest: usize) -> Option<usize> {
    match seen {
        KeyState::Body(digest) => writes
            .iter()
            .rposition(|write| write.kind == WriteKind::Put && write.digest == digest),
        KeyState::Missing => {
            let last = writes.iter().rposition(|write| write.kind == WriteKind::Delete);
            last.filter(|last| *last >= newest)
        }
        KeyState::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WriteOutcome::{Corrupted, Delayed, Lost, NotCounted, Stable, Stale, Superseded, Unknown};

    const FAULT: i64 = 100;

    fn write(kind: WriteKind, produced: i64, acknowledged: Option<i64>, digest: u8) -> Write {
        Write {
            store: "b".into(),
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

    fn judge(writes: &[Write], seen: KeyState) -> Judged {
        let rules = Rules {
            cut: DrillTime::from_secs(200),
            only_acknowledged: true,
            late_after: Span::from_secs(60),
        };
        rules.judge(&writes.iter().collect::<Vec<_>>(), seen)
    }

    fn outcomes(writes: &[Write], seen: KeyState) -> Vec<WriteOutcome> {
        judge(writes, seen).outcomes
    }

    fn body(at: i64) -> KeyState {
        KeyState::Body([at as u8; 32])
    }

    #[test]
    fn a_write_is_there_or_lost_or_corrupted_or_unknown() {
        assert_eq!(outcomes(&[put(10)], body(10)), [Stable]);
        assert_eq!(outcomes(&[put(10)], KeyState::Missing), [Lost]);
        assert_eq!(outcomes(&[put(10)], body(99)), [Corrupted]);
        assert_eq!(outcomes(&[put(10)], KeyState::Unknown), [Unknown]);
        assert_eq!(outcomes(&[], KeyState::Missing), []);
    }

    #[test]
    fn a_write_that_was_replaced_is_not_lost() {
        assert_eq!(
            outcomes(&[put(10), put(20)], KeyState::Missing),
            [Superseded, Lost]
        );
        assert_eq!(outcomes(&[put(10), put(20)], body(20)), [Superseded, Stable]);
        assert_eq!(
            outcomes(&[put(10), delete(20)], KeyState::Missing),
            [Superseded, Stable]
        );
        assert_eq!(
            outcomes(&[put(10), put(FAULT)], KeyState::Missing),
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
        assert_eq!(outcomes(&[delete(20)], KeyState::Missing), [Stable]);
        // Deleted after the fault, and gone: the put before it is no loss.
        assert_eq!(
            outcomes(&[put(10), delete(110)], KeyState::Missing),
            [Superseded, Stable]
        );
    }

    #[test]
    fn what_was_deleted_and_then_lost_was_lost_once() {
        assert_eq!(
            outcomes(&[delete(10), put(110)], KeyState::Missing),
            [Superseded, Lost]
        );
        assert_eq!(
            outcomes(&[put(10), delete(110), put(120)], KeyState::Missing),
            [Superseded, Superseded, Lost]
        );
        assert_eq!(
            outcomes(&[put(10), put(110), put(120)], KeyState::Missing),
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
            outcomes(&[put(10), delete(210)], KeyState::Missing),
            [Superseded, NotCounted]
        );
        assert_eq!(
            outcomes(&[put(10), put(210)], KeyState::Missing),
            [Lost, NotCounted]
        );
        assert_eq!(
            outcomes(&[delete(10), put(210)], KeyState::Missing),
            [Stable, NotCounted]
        );
    }

    #[test]
    fn a_write_without_an_answer_may_be_there_all_the_same() {
        let judged = judge(&[put(10), unacknowledged(110)], body(110));
        assert_eq!(judged.outcomes, [Superseded, NotCounted]);
        assert_eq!(judged.present, Some(1));
        assert_eq!(
            outcomes(&[put(10), unacknowledged(20)], KeyState::Missing),
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
