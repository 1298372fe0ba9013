//! Which writes of a writer are deletes, and of what.
//!
//! ```text
//!   writes     0 1 2 3 │ 4 5 6 7 │ 8 9 …        in blocks; a delete takes back a put of the block before its own
//!              p p p p │ p d p d │ p p
//!                  ▲─────┘   │               each put at most once, drawn among those that are left
//!              ▲─────────────┘
//! ```
//!
//! So that what the `n`-th write is follows from a few draws and not from all writes before it. A put that comes where a
//! delete was drawn, since nothing is left to delete, is never taken back: otherwise one block would depend on all
//! before it. Blocks are so short that a key is not written again before it can be deleted: what a delete takes back is
//! there.

use std::collections::BTreeMap;

use crate::draw::Draws;
use crate::units::Fraction;

/// Writes in a block, if the writer has keys enough.
const BLOCK: u64 = 16;

/// The deletes of one writer.
pub(super) struct Deletes {
    share: Fraction,
    keys: Option<u64>,
    block: u64,
    /// Whether a write is a delete.
    kinds: Draws,
    /// Which of those that are left a delete takes back.
    choices: Draws,
}

impl Deletes {
    /// Those of the writer `name` under `seed`, which goes over so many keys, and of whose writes this share are deletes.
    pub(super) fn new(seed: u64, name: &str, keys: Option<u64>, share: Fraction) -> Deletes {
        let draws = |what: &str| Draws::new(seed, &format!("writer/{name}/{what}"));
        Deletes {
            share,
            keys,
            // The oldest put that can be deleted is less than two blocks old, and then its key is not yet due again.
            block: keys.map_or(BLOCK, |keys| keys.div_ceil(2).clamp(1, BLOCK)),
            kinds: draws("delete"),
            choices: draws("deleted"),
        }
    }

    /// The number of the put that the `n`-th write takes back, if it is a delete.
    pub(super) fn deleted_by(&self, n: u64) -> Option<u64> {
        let place = usize::try_from(n % self.block).unwrap_or(usize::MAX);
        self.in_block(n / self.block).get(place).copied().flatten()
    }

    /// The puts among the first `count` writes whose objects are there after them, in order.
    pub(super) fn current(&self, count: u64) -> Vec<u64> {
        let mut there: BTreeMap<u64, u64> = BTreeMap::new();
        let key = |n: u64| self.keys.map_or(n, |keys| n % keys.max(1));
        for block in 0..count.div_ceil(self.block) {
            let begin = block * self.block;
            for (n, deleted) in (begin..count).zip(self.in_block(block)) {
                match deleted {
                    Some(put) => drop(there.remove(&key(put))),
                    None => drop(there.insert(key(n), n)),
                }
            }
        }
        let mut current: Vec<u64> = there.into_values().collect();
        current.sort_unstable();
        current
    }

    /// For each write of a block the put that it takes back, if it is a delete.
    fn in_block(&self, block: u64) -> Vec<Option<u64>> {
        let begin = block * self.block;
        let before = begin.saturating_sub(self.block)..begin;
        let mut left: Vec<u64> = before.filter(|n| !self.is_drawn(*n)).collect();
        let kind = |n: u64| {
            if left.is_empty() || !self.is_drawn(n) {
                return None;
            }
            let choice = self.choices.below(n, left.len() as u64);
            Some(left.swap_remove(usize::try_from(choice).unwrap_or_default()))
        };
        (begin..begin + self.block).map(kind).collect()
    }

    /// Whether the `n`-th write is drawn to be a delete.
    fn is_drawn(&self, n: u64) -> bool {
        self.kinds.below(n, u64::from(Fraction::ONE.as_millionths())) < u64::from(self.share.as_millionths())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn deletes(share: f64, keys: Option<u64>) -> Deletes {
        Deletes::new(7, "w", keys, Fraction::from_f64(share).expect("a share"))
    }

    /// For any number of keys and any share of deletes: a delete finds its object there, as the
    /// put that it names left it.
    #[test]
    fn a_delete_takes_back_what_is_there() {
        for keys in [
            None,
            Some(1),
            Some(2),
            Some(3),
            Some(5),
            Some(20),
            Some(31),
            Some(1000),
        ] {
            for share in [0.05, 0.2, 0.5] {
                let deletes = deletes(share, keys);
                let key = |n: u64| keys.map_or(n, |keys| n % keys);
                let mut there: BTreeMap<u64, u64> = BTreeMap::new();
                for n in 0..300 {
                    match deletes.deleted_by(n) {
                        Some(put) => {
                            assert_eq!(there.remove(&key(put)), Some(put), "write {n} of {keys:?} keys");
                        }
                        None => drop(there.insert(key(n), n)),
                    }
                    if n % 97 == 0 {
                        let there: BTreeSet<u64> = there.values().copied().collect();
                        assert_eq!(deletes.current(n + 1), there.into_iter().collect::<Vec<_>>());
                    }
                }
            }
        }
    }

    #[test]
    fn as_many_writes_are_deletes_as_were_asked_for() {
        for (share, keys) in [(0.05, None), (0.05, Some(40)), (0.2, None), (0.3, None)] {
            let deletes = deletes(share, keys);
            let blocks = 10_000 / deletes.block;
            let deleted = (0..blocks).flat_map(|block| deletes.in_block(block)).flatten();
            let found = deleted.count() as f64 / (blocks * deletes.block) as f64;
            assert!((found / share - 1.0).abs() < 0.15, "{share} of {keys:?}: {found}");
        }
    }

    #[test]
    fn what_is_deleted_is_of_different_ages() {
        let deletes = deletes(0.05, None);
        let writes = (0..500).flat_map(|block| deletes.in_block(block));
        let ages: BTreeSet<u64> = (0..).zip(writes).filter_map(|(n, put)| Some(n - put?)).collect();
        assert!(
            ages.len() > 25 && ages.iter().all(|age| (1..32).contains(age)),
            "{ages:?}"
        );
        assert!(
            (0..16).all(|n| deletes.deleted_by(n).is_none()),
            "nothing was written yet"
        );
    }
}
