//! What is to be copied, and when: pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use drill::draw::Draws;
use drill::units::DrillTime;

use super::{DEFAULT_LAG, Progress, Source, Uncopied};
use crate::s3::{Absent, Change, ChangeKind, VersionId};

/// One copy that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) bucket: Arc<str>,
    pub(super) key: Arc<str>,
    pub(super) version: VersionId,
    pub(super) marker: bool,
    pub(super) modified_us: i64,
    pub(super) to: Arc<str>,
    pub(super) acknowledged: DrillTime,
    pub(super) due: DrillTime,
    /// It was there before its replication: a batch job copies it.
    pub(super) existing: bool,
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Copied,
    Failed,
    GivenUp,
}

/// An instant, and a number that makes it unique.
type Place = (DrillTime, u64);

/// The copies from one bucket.
#[derive(Debug)]
struct Bucket {
    source: Source,
    by_due: BTreeMap<Place, Copy>,
    by_acknowledgement: BTreeSet<(DrillTime, Place)>,
    /// How many writes each key has had.
    writes: HashMap<Arc<str>, u64>,
    pauses: BTreeSet<u64>,
    /// The pending copies are counted in `by_due`, and one that is being made here.
    at_work: u64,
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
            by_acknowledgement: BTreeSet::new(),
            writes: HashMap::new(),
            pauses: BTreeSet::new(),
            at_work: 0,
            existing: 0,
            progress: Progress::default(),
        }
    }

    fn first(&self) -> Option<Place> {
        self.by_due.first_key_value().map(|(place, _)| *place)
    }

    fn take(&mut self, place: Place) -> Option<Copy> {
        let copy = self.by_due.remove(&place)?;
        self.by_acknowledgement.remove(&(copy.acknowledged, place));
        Some(copy)
    }
}

impl Copy {
    fn uncopied(&self) -> Uncopied {
        Uncopied {
            key: self.key.to_string(),
            acknowledged: self.acknowledged,
            due: self.due,
        }
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
            let place = (due, self.number());
            let bucket = self.bucket(&change.bucket);
            bucket.by_acknowledgement.insert((now, place));
            let copy = Copy {
                bucket: change.bucket.clone(),
                key: change.key.clone(),
                version: change.version,
                marker: change.kind == ChangeKind::DeleteMarker,
                modified_us: change.modified_us,
                to: to.clone(),
                acknowledged: now,
                due,
                existing: false,
            };
            bucket.by_due.insert(place, copy);
        }
    }

    /// What is in `from` and not in `to` is to be copied, each after a lag of its own.
    pub(super) fn add_existing(&mut self, from: &str, to: &str, absent: &[Absent], now: DrillTime) {
        let seed = self.seed;
        for one in absent {
            let place = self.number();
            let bucket = self.bucket(from);
            let path = format!("replication/{}/existing/{}", bucket.source.label, one.key);
            let lag = bucket.source.lag;
            let due = now + Draws::new(seed, &path).lognormal(0, lag.p50, lag.p99);
            let place = (due, place);
            bucket.by_acknowledgement.insert((now, place));
            bucket.existing += 1;
            let copy = Copy {
                bucket: Arc::from(from),
                key: one.key.clone(),
                version: one.version,
                marker: one.marker,
                modified_us: one.modified_us,
                to: Arc::from(to),
                acknowledged: now,
                due,
                existing: true,
            };
            bucket.by_due.insert(place, copy);
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

    fn next_place(&self) -> Option<(&Arc<str>, Place)> {
        let running = self.buckets.iter().filter(|(_, bucket)| bucket.pauses.is_empty());
        let first = running.filter_map(|(name, bucket)| Some((name, bucket.first()?)));
        first.min_by_key(|(_, place)| *place)
    }

    /// The next copy, if it is due at `now`. Its end is to be told by [`Backlog::ended`].
    pub(super) fn take_due(&mut self, now: DrillTime) -> Option<Copy> {
        let (name, place) = self.next_place().filter(|(_, (due, _))| *due <= now)?;
        let name = name.clone();
        let bucket = self.bucket(&name);
        let copy = bucket.take(place)?;
        bucket.at_work += 1;
        Some(copy)
    }

    /// A copy that was taken has ended.
    pub(super) fn ended(&mut self, copy: &Copy, outcome: Outcome) {
        let bucket = self.bucket(&copy.bucket);
        bucket.at_work -= 1;
        bucket.existing -= u64::from(copy.existing);
        match outcome {
            Outcome::Copied => bucket.progress.copied += 1,
            Outcome::Failed => bucket.progress.failed += 1,
            Outcome::GivenUp => bucket.progress.given_up += 1,
        }
    }

    /// Replication from a bucket ended: what is pending is given up.
    pub(super) fn end(&mut self, name: &str) {
        let bucket = self.bucket(name);
        bucket.progress.given_up += bucket.by_due.len() as u64;
        bucket.existing -= bucket.by_due.values().filter(|copy| copy.existing).count() as u64;
        bucket.by_due.clear();
        bucket.by_acknowledgement.clear();
    }

    /// Whatever holds a bucket's copies back is over.
    pub(super) fn resume(&mut self, name: &str) {
        self.bucket(name).pauses.clear();
    }

    /// Holds a bucket's copies back; gives the number of this pause.
    pub(super) fn pause(&mut self, name: &str) -> u64 {
        let id = self.number();
        self.bucket(name).pauses.insert(id);
        id
    }

    /// Ends one pause; if it is the last, copies go on.
    pub(super) fn unpause(&mut self, name: &str, id: u64) {
        self.bucket(name).pauses.remove(&id);
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
            pending: bucket.by_due.len() as u64 + bucket.at_work,
            paused: !bucket.pauses.is_empty(),
            ..bucket.progress
        };
        self.buckets.get(name).map(of).unwrap_or_default()
    }

    pub(super) fn oldest_uncopied(&self, name: &str) -> Option<Uncopied> {
        let bucket = self.buckets.get(name)?;
        let (_, place) = bucket.by_acknowledgement.first()?;
        bucket.by_due.get(place).map(Copy::uncopied)
    }

    pub(super) fn first_due(&self, name: &str) -> Option<Uncopied> {
        let (_, copy) = self.buckets.get(name)?.by_due.first_key_value()?;
        Some(copy.uncopied())
    }
}
