//! How late copies were made: pure.
//!
//! The embedded store has a copy at the instant at which it is due. An endpoint has to be asked for it, and needs time
//! that the emulated S3 would not have needed. What is written in that time and lost stands as a loss of the plan's, so
//! it is measured here and told.
//!
//! ```text
//!   due ────────────────► made        late
//!   due ── held ··· released ── made  late since it was released: being held back is the drill's, not the endpoint's
//!   due ──────────► held              late as well, though never made: this is what a lost region leaves behind
//! ```

use std::collections::HashMap;

use drill::units::{DrillTime, Span};

/// Less is not told: timers and requests always take something.
const TELLING: Span = Span::from_secs(1);

/// The copies from a bucket were made later than any before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The source bucket's label.
    pub bucket: String,
    /// When the copy was due, or could go on.
    pub due: DrillTime,
    /// How much later it was made.
    pub late: Span,
}

#[derive(Debug, Default)]
struct Bucket {
    /// Since when copies are held back, if they are.
    held: Option<DrillTime>,
    /// When they were last let go on.
    released: Option<DrillTime>,
    worst: Span,
}

/// The worst of each bucket, by name.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    watched: bool,
    buckets: HashMap<String, Bucket>,
    untold: Vec<Late>,
}

impl Lateness {
    /// Copies are made by requests, which take time.
    pub(super) fn watch(&mut self) {
        self.watched = true;
    }

    /// Copies of a bucket are held back from now on.
    pub(super) fn held(&mut self, name: &str, now: DrillTime) {
        let bucket = self.buckets.entry(name.to_owned()).or_default();
        bucket.held.get_or_insert(now);
    }

    /// Copies of a bucket go on.
    pub(super) fn released(&mut self, name: &str, now: DrillTime) {
        let bucket = self.buckets.entry(name.to_owned()).or_default();
        if bucket.held.take().is_some() {
            bucket.released = Some(now);
        }
    }

    /// A copy that was due at `due` was made `now`, or waits.
    pub(super) fn seen(&mut self, name: &str, label: &str, due: DrillTime, now: DrillTime) {
        if !self.watched {
            return;
        }
        let bucket = self.buckets.entry(name.to_owned()).or_default();
        let due = bucket.released.map_or(due, |released| released.max(due));
        let until = bucket.held.map_or(now, |held| held.min(now));
        let late = until - due;
        if late < bucket.worst + TELLING {
            return;
        }
        bucket.worst = late;
        self.untold.push(Late {
            bucket: label.to_owned(),
            due,
            late,
        });
    }

    /// Returns what was not yet reported, in the order in which it was seen.
    pub(super) fn drain(&mut self) -> Vec<Late> {
        std::mem::take(&mut self.untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> DrillTime {
        DrillTime::from_secs(s)
    }

    fn watched() -> Lateness {
        let mut lateness = Lateness::default();
        lateness.watch();
        lateness
    }

    fn drained(lateness: &mut Lateness) -> Vec<(i64, i64)> {
        let s = |us: i64| us / 1_000_000;
        let of = |late: Late| (s((late.due - DrillTime::ZERO).as_us()), s(late.late.as_us()));
        lateness.drain().into_iter().map(of).collect()
    }

    #[test]
    fn only_what_is_worse_by_a_second_is_told() {
        let mut lateness = watched();
        for (due, made) in [(10, 10), (10, 15), (20, 25), (30, 40), (40, 41)] {
            lateness.seen("b", "label", at(due), at(made));
        }
        assert_eq!(drained(&mut lateness), [(10, 5), (30, 10)]);
        assert_eq!(drained(&mut lateness), []);
    }

    #[test]
    fn nothing_is_told_of_a_store_that_copies_when_it_is_due() {
        let mut lateness = Lateness::default();
        lateness.seen("b", "label", at(10), at(1000));
        assert_eq!(drained(&mut lateness), []);
    }

    #[test]
    fn to_be_held_back_is_not_to_be_late() {
        let mut lateness = watched();
        lateness.held("b", at(100));
        // One was under way, one waited for its turn when they were held.
        lateness.seen("b", "label", at(95), at(400));
        lateness.held("b", at(200));
        lateness.released("b", at(1000));
        lateness.seen("b", "label", at(150), at(1009));
        lateness.seen("b", "label", at(1001), at(1012));
        assert_eq!(drained(&mut lateness), [(95, 5), (1000, 9), (1001, 11)]);
    }

    #[test]
    fn buckets_are_apart() {
        let mut lateness = watched();
        lateness.held("a", at(0));
        lateness.seen("a", "a", at(5), at(50));
        lateness.seen("b", "b", at(5), at(50));
        assert_eq!(drained(&mut lateness), [(5, 45)]);
    }
}
