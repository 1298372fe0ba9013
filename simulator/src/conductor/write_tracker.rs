//! The tracker of writes: every write to a keyed store, as those who made it know it.
//!
//! It is the live side of the ledger: each write stands in `ledger.bin` once its fate is known, and here
//! as long as the drill runs, so that probes sample what was really acknowledged and audits know which
//! keys to ask for. It never asks the store.

use std::collections::{BTreeMap, HashMap};

use drill::costs::Stock;
use drill::draw::Draws;
use drill::ledger::{Sha256Digest, Write, WriteKind};
use drill::units::DrillTime;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The writes of every store.
#[derive(Debug, Default)]
pub(crate) struct WriteTracker {
    stores: Mutex<HashMap<String, StoreWrites>>,
    /// When the next write of each writer is due; absent for writers that have stopped.
    next_due: Mutex<HashMap<String, DrillTime>>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct StoreWrites {
    /// The last acknowledged write of each key, if it stored a body.
    current: BTreeMap<String, Current>,
    /// Every key that was ever written, acknowledged or not.
    keys: std::collections::BTreeSet<String>,
    /// Writes under way, by the instant at which they are due: their keys, and the digests of what they store; none of a delete.
    under_way: BTreeMap<DrillTime, Vec<(String, Option<Sha256Digest>)>>,
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

impl WriteTracker {
    /// A write is due; until [`WriteTracker::settle`] it is under way.
    pub(crate) fn begin(&self, store: &str, key: &str, due: DrillTime, body: Option<Sha256Digest>) {
        let mut stores = self.stores.lock();
        let store = stores.entry(store.to_owned()).or_default();
        store.keys.insert(key.to_owned());
        let under_way = store.under_way.entry(due).or_default();
        under_way.push((key.to_owned(), body));
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
            let mut stores = self.stores.lock();
            let store = stores.entry(write.store.clone()).or_default();
            store.keys.insert(write.key.clone());
            if let Some(writes) = store.under_way.get_mut(&write.produced) {
                let place = writes.iter().position(|(key, _)| *key == write.key);
                place.map(|place| writes.swap_remove(place));
                if writes.is_empty() {
                    store.under_way.remove(&write.produced);
                }
            }
            store.record(write);
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
        let stores = self.stores.lock();
        to_come
            || stores
                .values()
                .any(|store| store.under_way.range(..cut).next().is_some())
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
        let stores = self.stores.lock();
        let Some(store) = stores.get(of) else {
            return Vec::new();
        };
        let mut keys: Vec<(&String, &Current)> = store
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

    /// Whether who reads `key` may find this (`None`: nothing) though an earlier write was the last that was acknowledged when the
    /// read began: it is of a write that was acknowledged meanwhile, or that is under way and may be stored already.
    pub(crate) fn explain(&self, of: &str, key: &str, found: Option<&Sha256Digest>) -> bool {
        let stores = self.stores.lock();
        let Some(store) = stores.get(of) else {
            return false;
        };
        let current = store.current.get(key).map(|current| &current.digest);
        let mut under_way = store.under_way.values().flatten();
        current == found || under_way.any(|(other, body)| other == key && body.as_ref() == found)
    }

    /// What a store should hold now.
    pub(crate) fn stock(&self, of: &str) -> Stock {
        let stores = self.stores.lock();
        let current = stores.get(of).map(|store| &store.current);
        let current = || current.into_iter().flat_map(BTreeMap::values);
        Stock {
            objects: current().count() as u64,
            bytes: current().map(|current| current.size).sum(),
        }
    }

    /// Every key of a store that was ever written.
    pub(crate) fn keys(&self, of: &str) -> Vec<String> {
        let stores = self.stores.lock();
        stores
            .get(of)
            .map(|store| store.keys.iter().cloned().collect())
            .unwrap_or_default()
    }
}

impl StoreWrites {
    fn record(&mut self, write: &Write) {
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
            store: "b".to_owned(),
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
        let tracker = WriteTracker::default();
        tracker.settle(&write("a", 1, true));
        tracker.settle(&write("b", 2, false));
        tracker.settle(&write("c", 3, true));
        tracker.settle(&Write {
            kind: WriteKind::Delete,
            ..write("c", 4, true)
        });
        let draws = Draws::new(1, "probe");
        assert_eq!(keys(&tracker.sample("b", "", 9, &draws, 0)), ["a"]);
        assert!(tracker.sample("b", "none/", 9, &draws, 0).is_empty());
        assert!(tracker.sample("other", "", 9, &draws, 0).is_empty());
        assert_eq!(tracker.keys("b"), ["a", "b", "c"]);
        assert_eq!(tracker.stock("b"), Stock { objects: 1, bytes: 1 });
    }

    #[test]
    fn a_read_may_find_a_write_that_is_under_way() {
        let tracker = WriteTracker::default();
        let (first, second, third) = (write("a", 1, true), write("a", 2, true), write("a", 3, true));
        let may_find = |of: &Write| tracker.explain("b", "a", Some(&of.digest));
        tracker.settle(&first);
        assert!(may_find(&first) && !may_find(&second));
        tracker.begin("b", "a", second.produced, Some(second.digest));
        assert!(may_find(&first) && may_find(&second) && !may_find(&third));
        assert!(!tracker.explain("b", "other", Some(&second.digest)));
        tracker.settle(&second);
        assert!(!may_find(&first) && may_find(&second));

        assert!(!tracker.explain("b", "a", None), "nothing deletes it");
        tracker.begin("b", "a", third.produced, None);
        assert!(tracker.explain("b", "a", None) && may_find(&second));
        tracker.settle(&Write {
            kind: WriteKind::Delete,
            ..third
        });
        assert!(tracker.explain("b", "a", None) && !may_find(&second));
    }

    #[test]
    fn an_older_write_that_is_settled_late_does_not_supersede() {
        let tracker = WriteTracker::default();
        tracker.settle(&write("a", 5, true));
        tracker.settle(&write("a", 3, true));
        let sample = tracker.sample("b", "", 1, &Draws::new(1, "probe"), 0);
        assert_eq!(sample[0].digest, [5; 32]);
    }

    #[test]
    fn samples_are_without_repetition_and_differ_by_round() {
        let tracker = WriteTracker::default();
        for n in 0..50 {
            tracker.settle(&write(&format!("k{n:02}"), n, true));
        }
        let draws = Draws::new(1, "probe");
        let first = tracker.sample("b", "", 20, &draws, 0);
        let unique: std::collections::HashSet<_> = keys(&first).into_iter().collect();
        assert_eq!(unique.len(), 20);
        assert_eq!(first, tracker.sample("b", "", 20, &draws, 0));
        assert_ne!(first, tracker.sample("b", "", 20, &draws, 1));
    }

    #[tokio::test]
    async fn waiting_for_a_cut_ends_when_the_last_write_before_it_is_settled() {
        let tracker = std::sync::Arc::new(WriteTracker::default());
        let (early, late) = (write("a", 1, true), write("z", 9, true));
        tracker.begin("b", "a", early.produced, Some(early.digest));
        tracker.begin("b", "z", late.produced, Some(late.digest));
        let waiting = tokio::spawn({
            let tracker = tracker.clone();
            async move { tracker.settled_before(DrillTime::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        tracker.settle(&early);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_writer_that_has_not_yet_begun_its_due_writes_is_waited_for() {
        let tracker = std::sync::Arc::new(WriteTracker::default());
        tracker.advance("w", Some(DrillTime::from_secs(4)));
        let waiting = tokio::spawn({
            let tracker = tracker.clone();
            async move { tracker.settled_before(DrillTime::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        tracker.advance("w", Some(DrillTime::from_secs(5)));
        waiting.await.unwrap();
    }
}
