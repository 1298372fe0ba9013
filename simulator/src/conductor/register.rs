//! The register: every write of objects, as those who made it know it.
//!
//! It is the live side of the ledger: each write stands in `ledger.bin` once its fate is known, and here
//! as long as the drill runs, so that probes sample what was really acknowledged and audits know which
//! keys to ask for. It never asks the store.

use std::collections::{BTreeMap, HashMap};

use drill::draw::Draws;
use drill::ledger::{Sha256Digest, Write, WriteKind};
use drill::units::DrillTime;
use parking_lot::Mutex;
use tokio::sync::Notify;

use drill::costs::Stock;

/// The writes of every bucket.
#[derive(Debug, Default)]
pub(crate) struct Register {
    buckets: Mutex<HashMap<String, Bucket>>,
    /// When the next write of each writer is due; absent for writers that have stopped.
    next_due: Mutex<HashMap<String, DrillTime>>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Bucket {
    /// The last acknowledged write of each key, if it stored a body.
    current: BTreeMap<String, Current>,
    /// Every key that was ever written, acknowledged or not.
    keys: std::collections::BTreeSet<String>,
    /// Writes under way: how many are due at each instant.
    under_way: BTreeMap<DrillTime, u32>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    digest: Sha256Digest,
    size: u64,
    acknowledged: DrillTime,
}

/// One object that should be readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) key: String,
    pub(crate) digest: Sha256Digest,
}

impl Register {
    /// A write is due; until [`Register::settle`] it is under way.
    pub(crate) fn begin(&self, bucket: &str, key: &str, due: DrillTime) {
        let mut buckets = self.buckets.lock();
        let bucket = buckets.entry(bucket.to_owned()).or_default();
        bucket.keys.insert(key.to_owned());
        *bucket.under_way.entry(due).or_default() += 1;
    }

    /// All writes of `writer` that are due before `next` have begun; `None` when it writes no more.
    pub(crate) fn advance(&self, writer: &str, next: Option<DrillTime>) {
        let mut next_due = self.next_due.lock();
        match next {
            Some(due) => drop(next_due.insert(writer.to_owned(), due)),
            None => drop(next_due.remove(writer)),
        }
        drop(next_due);
        self.settled.notify_waiters();
    }

    /// The fate of a write is known.
    pub(crate) fn settle(&self, write: &Write) {
        {
            let mut buckets = self.buckets.lock();
            let bucket = buckets.entry(write.bucket.clone()).or_default();
            bucket.keys.insert(write.key.clone());
            if let Some(count) = bucket.under_way.get_mut(&write.produced) {
                *count -= 1;
                if *count == 0 {
                    bucket.under_way.remove(&write.produced);
                }
            }
            bucket.take(write);
        }
        self.settled.notify_waiters();
    }

    /// Waits until every write that is due before `cut` has begun, and none of them is under way.
    pub(crate) async fn settled_before(&self, cut: DrillTime) {
        loop {
            let notified = self.settled.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if !self.any_under_way_before(cut) {
                return;
            }
            notified.await;
        }
    }

    fn any_under_way_before(&self, cut: DrillTime) -> bool {
        let to_come = self.next_due.lock().values().any(|due| *due < cut);
        let buckets = self.buckets.lock();
        to_come
            || buckets
                .values()
                .any(|bucket| bucket.under_way.range(..cut).next().is_some())
    }

    /// `sample` objects that should be readable, drawn anew for every `round`; fewer if there are fewer.
    pub(crate) fn sample(
        &self,
        of: &str,
        prefix: &str,
        sample: u32,
        draws: &Draws,
        round: u64,
    ) -> Vec<Expected> {
        let buckets = self.buckets.lock();
        let Some(bucket) = buckets.get(of) else {
            return Vec::new();
        };
        let mut keys: Vec<(&String, &Current)> = bucket
            .current
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .collect();
        let wanted = (sample as usize).min(keys.len());
        for chosen in 0..wanted {
            let index = round * u64::from(sample) + chosen as u64;
            let other = chosen + draws.below(index, (keys.len() - chosen) as u64) as usize;
            keys.swap(chosen, other);
        }
        keys.truncate(wanted);
        keys.into_iter()
            .map(|(key, current)| Expected {
                key: key.clone(),
                digest: current.digest,
            })
            .collect()
    }

    /// What a bucket should hold now.
    pub(crate) fn stock(&self, of: &str) -> Stock {
        let buckets = self.buckets.lock();
        let current = buckets.get(of).map(|bucket| &bucket.current);
        let current = || current.into_iter().flat_map(BTreeMap::values);
        Stock {
            objects: current().count() as u64,
            bytes: current().map(|current| current.size).sum(),
        }
    }

    /// Every key of a bucket that was ever written.
    pub(crate) fn keys(&self, of: &str) -> Vec<String> {
        let buckets = self.buckets.lock();
        buckets
            .get(of)
            .map(|bucket| bucket.keys.iter().cloned().collect())
            .unwrap_or_default()
    }
}

impl Bucket {
    fn take(&mut self, write: &Write) {
        let Some(acknowledged) = write.acknowledged else {
            return;
        };
        let newer = self
            .current
            .get(&write.key)
            .is_none_or(|current| current.acknowledged <= acknowledged);
        match write.kind {
            WriteKind::Put if newer => {
                self.current.insert(
                    write.key.clone(),
                    Current {
                        digest: write.digest,
                        size: write.size,
                        acknowledged,
                    },
                );
            }
            WriteKind::Delete if newer => {
                self.current.remove(&write.key);
            }
            WriteKind::Put | WriteKind::Delete => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(key: &str, at: i64, acknowledged: bool) -> Write {
        Write {
            bucket: "b".to_owned(),
            producer: "w".to_owned(),
            region: "primary".to_owned(),
            key: key.to_owned(),
            kind: WriteKind::Put,
            produced: DrillTime::from_secs(at),
            acknowledged: acknowledged.then(|| DrillTime::from_secs(at)),
            digest: [at as u8; 32],
            size: 1,
        }
    }

    fn keys(expected: &[Expected]) -> Vec<&str> {
        expected.iter().map(|e| e.key.as_str()).collect()
    }

    #[test]
    fn samples_hold_only_what_was_acknowledged_and_not_deleted() {
        let register = Register::default();
        register.settle(&write("a", 1, true));
        register.settle(&write("b", 2, false));
        register.settle(&write("c", 3, true));
        register.settle(&Write {
            kind: WriteKind::Delete,
            ..write("c", 4, true)
        });
        let draws = Draws::new(1, "probe");
        assert_eq!(keys(&register.sample("b", "", 9, &draws, 0)), ["a"]);
        assert!(register.sample("b", "none/", 9, &draws, 0).is_empty());
        assert!(register.sample("other", "", 9, &draws, 0).is_empty());
        assert_eq!(register.keys("b"), ["a", "b", "c"]);
        assert_eq!(register.stock("b"), Stock { objects: 1, bytes: 1 });
    }

    #[test]
    fn an_older_write_that_is_settled_late_does_not_supersede() {
        let register = Register::default();
        register.settle(&write("a", 5, true));
        register.settle(&write("a", 3, true));
        let sample = register.sample("b", "", 1, &Draws::new(1, "probe"), 0);
        assert_eq!(sample[0].digest, [5; 32]);
    }

    #[test]
    fn samples_are_without_repetition_and_differ_by_round() {
        let register = Register::default();
        for n in 0..50 {
            register.settle(&write(&format!("k{n:02}"), n, true));
        }
        let draws = Draws::new(1, "probe");
        let first = register.sample("b", "", 20, &draws, 0);
        let unique: std::collections::HashSet<_> = keys(&first).into_iter().collect();
        assert_eq!(unique.len(), 20);
        assert_eq!(first, register.sample("b", "", 20, &draws, 0));
        assert_ne!(first, register.sample("b", "", 20, &draws, 1));
    }

    #[tokio::test]
    async fn waiting_for_a_cut_ends_when_the_last_write_before_it_is_settled() {
        let register = std::sync::Arc::new(Register::default());
        let (early, late) = (write("a", 1, true), write("z", 9, true));
        register.begin("b", "a", early.produced);
        register.begin("b", "z", late.produced);
        let waiting = tokio::spawn({
            let register = register.clone();
            async move { register.settled_before(DrillTime::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        register.settle(&early);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_writer_that_has_not_yet_begun_its_due_writes_is_waited_for() {
        let register = std::sync::Arc::new(Register::default());
        register.advance("w", Some(DrillTime::from_secs(4)));
        let waiting = tokio::spawn({
            let register = register.clone();
            async move { register.settled_before(DrillTime::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        register.advance("w", Some(DrillTime::from_secs(5)));
        waiting.await.unwrap();
    }
}
