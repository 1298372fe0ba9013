//! What is to be copied, and when: pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use drill::draw::Draws;
use drill::units::{DrillTime, Span};

use super::copy::Copy;
use super::progress::{Progress, Uncopied};
use super::source::{DEFAULT_LAG, Source};
use crate::embedded::{Change, ChangeKind, MissingReplica};

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyOutcome {
    Copied,
    Superseded,
    Failed,
    GivenUp,
}

/// An instant, and a number that makes it unique.
type QueueKey = (DrillTime, u64);

/// The copies from one bucket.
#[derive(Debug)]
struct Bucket {
    source: Source,
    /// Those that wait, by when they are due, or to be tried again.
    by_due: BTreeMap<QueueKey, Copy>,
    /// Those that are being made, by number; several at once where the S3 is another endpoint.
    at_work: HashMap<u64, Copy>,
    /// Both of them, with the instant by which one waits.
    by_acknowledgement: BTreeMap<QueueKey, DrillTime>,
    /// The copies up to this number were given up when replication ended.
    ended: u64,
    /// How many writes each key has had.
    writes: HashMap<Arc<str>, u64>,
    pauses: BTreeSet<u64>,
    /// When its copies last went on, after a pause.
    running_since: DrillTime,
    /// The latest that any copy was due whose turn has come.
    reached: Option<DrillTime>,
    /// How late copies had their turn of late: the cloud may be slow, or the drill fast.
    lateness: Span,
    /// Copies of what was there before that have not ended.
    existing: u64,
    progress: Progress,
}

/// The copies from all buckets.
#[derive(Debug)]
pub(super) struct Backlog {
    seed: u64,
    described: HashMap<String, Source>,
    buckets: HashMap<Arc<str>, Bucket>,
    next: u64,
}

impl Bucket {
    fn new(source: Source) -> Bucket {
        Bucket {
            source,
            by_due: BTreeMap::new(),
            at_work: HashMap::new(),
            by_acknowledgement: BTreeMap::new(),
            ended: 0,
            writes: HashMap::new(),
            pauses: BTreeSet::new(),
            running_since: DrillTime::ZERO,
            reached: None,
            lateness: Span::ZERO,
            existing: 0,
            progress: Progress::default(),
        }
    }

    fn first(&self) -> Option<QueueKey> {
        self.by_due.first_key_value().map(|(place, _)| *place)
    }

    /// Of all that are still to be made, the one whose write was acknowledged first.
    fn oldest(&self) -> Option<&Copy> {
        let ((_, number), waits) = self.by_acknowledgement.first_key_value()?;
        let waiting = || self.by_due.get(&(*waits, *number));
        self.at_work.get(number).or_else(waiting)
    }

    /// One more copy that waits until it is due.
    fn add(&mut self, copy: Copy) {
        self.by_acknowledgement
            .insert((copy.acknowledged, copy.number), copy.due);
        self.by_due.insert((copy.due, copy.number), copy);
    }

    /// A copy has its turn. How late it is fades with those that follow.
    fn turn(&mut self, due: DrillTime, now: DrillTime) {
        let late = (now - due.max(self.running_since)).at_least_zero();
        self.lateness = late.max(self.lateness.times(7).divided(8));
        self.reached = self.reached.max(Some(due));
    }
}

impl Backlog {
    pub(super) fn new(seed: u64, described: HashMap<String, Source>) -> Backlog {
        Backlog {
            seed,
            described,
            buckets: HashMap::new(),
            next: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn bucket(&mut self, name: &str) -> &mut Bucket {
        if !self.buckets.contains_key(name) {
            let described = self.described.get(name).cloned();
            let source = described.unwrap_or_else(|| Source {
                label: name.to_owned(),
                lag: DEFAULT_LAG,
            });
            self.buckets.insert(Arc::from(name), Bucket::new(source));
        }
        self.buckets.get_mut(name).expect("it was just made")
    }

    /// A write was acknowledged at `now`. All writes of a described bucket count for the numbering of its
    /// draws, whether they are copied or not, so that a lag does not depend on when replication was on.
    pub(super) fn add(&mut self, change: &Change, now: DrillTime) {
        let written = matches!(change.kind, ChangeKind::Put | ChangeKind::DeleteMarker) && !change.replica;
        let counts = self.described.contains_key(&*change.bucket) || !change.copy_to.is_empty();
        if !written || !counts {
            return;
        }
        let seed = self.seed;
        let bucket = self.bucket(&change.bucket);
        let nth = bucket.writes.entry(change.key.clone()).or_default();
        *nth += 1;
        let nth = *nth - 1;
        if change.copy_to.is_empty() {
            return;
        }
        let path = format!("replication/{}/{}", bucket.source.label, change.key);
        let lag = bucket.source.lag;
        let due = now + Draws::new(seed, &path).lognormal(nth, lag.p50, lag.p99);
        for to in &change.copy_to {
            let number = self.number();
            let bucket = self.bucket(&change.bucket);
            bucket.add(Copy {
                bucket: change.bucket.clone(),
                key: change.key.clone(),
                version: change.version,
                marker: change.kind == ChangeKind::DeleteMarker,
                modified_us: change.modified_us,
                to: to.clone(),
                acknowledged: now,
                due,
                existing: false,
                number,
            });
        }
    }

    /// What is in `from` and not in `to` is to be copied, each after a lag of its own.
    pub(super) fn add_existing(&mut self, from: &str, to: &str, absent: &[MissingReplica], now: DrillTime) {
        let seed = self.seed;
        for one in absent {
            let number = self.number();
            let bucket = self.bucket(from);
            let path = format!("replication/{}/existing/{}", bucket.source.label, one.key);
            let lag = bucket.source.lag;
            let due = now + Draws::new(seed, &path).lognormal(0, lag.p50, lag.p99);
            bucket.existing += 1;
            bucket.add(Copy {
                bucket: Arc::from(from),
                key: one.key.clone(),
                version: one.version,
                marker: one.marker,
                modified_us: one.modified_us,
                to: Arc::from(to),
                acknowledged: now,
                due,
                existing: true,
                number,
            });
        }
    }

    /// Copies of what was there before that have not ended.
    pub(super) fn existing(&self, name: &str) -> u64 {
        self.buckets.get(name).map_or(0, |bucket| bucket.existing)
    }

    /// When the next copy is due that is not held back.
    pub(super) fn next_due(&self) -> Option<DrillTime> {
        self.next_place().map(|(_, (due, _))| due)
    }

    fn next_place(&self) -> Option<(&Arc<str>, QueueKey)> {
        let running = self.buckets.iter().filter(|(_, bucket)| bucket.pauses.is_empty());
        let first = running.filter_map(|(name, bucket)| Some((name, bucket.first()?)));
        first.min_by_key(|(_, place)| *place)
    }

    /// The next copy, if it is due at `now`. Its end is to be told by [`Backlog::ended`], or it is to be
    /// [put back](Backlog::put_back).
    pub(super) fn take_due(&mut self, now: DrillTime) -> Option<Copy> {
        let name = self.next_place()?.0.clone();
        self.take_due_from(&name, now)
    }

    /// Likewise from one bucket.
    pub(super) fn take_due_from(&mut self, name: &str, now: DrillTime) -> Option<Copy> {
        let bucket = self.buckets.get_mut(name)?;
        let place = bucket.first().filter(|(due, _)| *due <= now)?;
        if !bucket.pauses.is_empty() {
            return None;
        }
        let copy = bucket.by_due.remove(&place)?;
        bucket.turn(place.0, now);
        bucket.at_work.insert(copy.number, copy.clone());
        Some(copy)
    }

    /// A copy that was taken could not be made, and is to be tried `again` then. If replication ended meanwhile, it is
    /// given up.
    pub(super) fn put_back(&mut self, copy: Copy, again: DrillTime) {
        let bucket = self.bucket(&copy.bucket);
        if copy.number <= bucket.ended {
            self.ended(&copy, CopyOutcome::GivenUp);
            return;
        }
        bucket.at_work.remove(&copy.number);
        bucket
            .by_acknowledgement
            .insert((copy.acknowledged, copy.number), again);
        bucket.by_due.insert((again, copy.number), copy);
    }

    /// A copy that was taken has ended.
    pub(super) fn ended(&mut self, copy: &Copy, outcome: CopyOutcome) {
        let bucket = self.bucket(&copy.bucket);
        bucket.at_work.remove(&copy.number);
        bucket
            .by_acknowledgement
            .remove(&(copy.acknowledged, copy.number));
        bucket.existing -= u64::from(copy.existing);
        match outcome {
            CopyOutcome::Copied => bucket.progress.copied += 1,
            CopyOutcome::Superseded => bucket.progress.superseded += 1,
            CopyOutcome::Failed => bucket.progress.failed += 1,
            CopyOutcome::GivenUp => bucket.progress.given_up += 1,
        }
    }

    /// Replication from a bucket ended: what is pending is given up.
    pub(super) fn end(&mut self, name: &str) {
        let last = self.next;
        let bucket = self.bucket(name);
        bucket.ended = last;
        for (_, copy) in std::mem::take(&mut bucket.by_due) {
            bucket.progress.given_up += 1;
            bucket.existing -= u64::from(copy.existing);
            bucket
                .by_acknowledgement
                .remove(&(copy.acknowledged, copy.number));
        }
    }

    /// Whatever holds a bucket's copies back is over.
    pub(super) fn resume(&mut self, name: &str, now: DrillTime) {
        let bucket = self.bucket(name);
        if !bucket.pauses.is_empty() {
            bucket.pauses.clear();
            bucket.running_since = now;
        }
    }

    /// Holds a bucket's copies back; gives the number of this pause.
    pub(super) fn pause(&mut self, name: &str) -> u64 {
        let id = self.number();
        self.bucket(name).pauses.insert(id);
        id
    }

    /// Ends one pause; if it is the last, copies go on.
    pub(super) fn unpause(&mut self, name: &str, id: u64, now: DrillTime) {
        let bucket = self.bucket(name);
        if bucket.pauses.remove(&id) && bucket.pauses.is_empty() {
            bucket.running_since = now;
        }
    }

    pub(super) fn is_paused_by(&self, name: &str, id: u64) -> bool {
        self.buckets
            .get(name)
            .is_some_and(|bucket| bucket.pauses.contains(&id))
    }

    pub(super) fn label(&self, name: &str) -> String {
        let bucket = self.buckets.get(name);
        bucket.map_or_else(|| name.to_owned(), |bucket| bucket.source.label.clone())
    }

    pub(super) fn progress(&self, name: &str) -> Progress {
        let of = |bucket: &Bucket| Progress {
            pending: (bucket.by_due.len() + bucket.at_work.len()) as u64,
            paused: !bucket.pauses.is_empty(),
            ..bucket.progress
        };
        self.buckets.get(name).map(of).unwrap_or_default()
    }

    pub(super) fn oldest_uncopied(&self, name: &str) -> Option<Uncopied> {
        let bucket = self.buckets.get(name)?;
        bucket.oldest().map(Copy::uncopied)
    }

    /// The first copy from a bucket that waits for its turn, but for those of what was there before.
    pub(super) fn first_due(&self, name: &str) -> Option<Uncopied> {
        let mut waiting = self.buckets.get(name)?.by_due.values();
        waiting.find(|copy| !copy.existing).map(Copy::uncopied)
    }

    /// A copy that was due after `since` and is held back: see [`super::Replicator::held_back`].
    pub(super) fn held_back(
        &self,
        name: &str,
        since: DrillTime,
        margin: Span,
        now: DrillTime,
    ) -> Option<Uncopied> {
        let bucket = self.buckets.get(name)?;
        let goes_on = bucket.pauses.is_empty() || bucket.reached > Some(since);
        let mut waiting = bucket.by_due.range((since, u64::MAX)..);
        // One that waits to be tried again may have been due before.
        let (_, copy) = waiting.find(|(_, copy)| copy.due > since)?;
        let by_now = copy.due + margin.max(bucket.lateness.times(2));
        (!goes_on && by_now <= now).then(|| copy.uncopied())
    }
}
