//! Replication: copies of acknowledged writes in another bucket, each after a lag of its own.
//!
//! ```text
//!   client's write ──► Store ──Change──► Backlog (pure) ──due, in drill time──► worker ──► put_replica
//!   put-bucket-replication ────┘            │ paused: held back                   └► ReplicationEvent
//! ```
//!
//! A write takes its place in the backlog before its client has the answer, so none is lost and the queries
//! below are exact. Its lag is the draw `replication/<label>/<key>` at the number of this write among the
//! key's writes, so the same write has the same lag in every run.
//!
//! What is copied is what the bucket's replication configuration says when it is written (`rules`):
//!
//! - Delete markers only if asked, deletions of versions never, copies of copies never. An older version
//!   never hides a newer one ([`crate::s3::Store::put_replica`]).
//! - A configuration that is removed, or put without an enabled rule, ends replication: what is pending
//!   then is given up, and stays given up when it is enabled again, as AWS documents it for writes made in
//!   the meantime. (For those pending at that moment its documents are silent; giving them up is the
//!   outcome that a plan must reckon with.) Nothing is copied retroactively.
//! - A body that does not match its stored checksum, a destination that is gone or keeps no versions: the
//!   source's status becomes `FAILED`, and an event says so.
//! - A paused bucket ([`Replicator::pause`]) keeps its backlog. When it goes on, copies that are overdue are
//!   made at once, oldest due first, the others when they are due, as after an interruption at AWS. Putting an
//!   enabled configuration ends the pause, too: it is what an operator can do about it.

mod backlog;
mod lateness;
pub(crate) mod rules;
pub(crate) mod schema;
mod worker;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use drill::scenario::Lag;
use drill::units::{DrillTime, Span};
use parking_lot::{Mutex, MutexGuard};
use runtime::Clock;
use tokio::sync::Notify;

use self::backlog::Backlog;
pub(crate) use self::backlog::Copy;
pub use self::lateness::Late;
use self::lateness::Lateness;
use crate::backend::Backend;
use crate::s3::{Change, ChangeKind, Observer};

/// The lag of a bucket that no scenario describes: AWS says that most copies take minutes at most, and
/// offers 15 minutes for 99.99 % of them at a price.
pub const DEFAULT_LAG: Lag = Lag {
    p50: Span::from_secs(20),
    p99: Span::from_mins(10),
};

/// A bucket that is copied from, as the scenario describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its label, which stands in the paths of its draws.
    pub label: String,
    /// How long copies take.
    pub lag: Lag,
}

/// What a replicator is made with.
pub struct ReplicatorOptions {
    /// The seed of all lags.
    pub seed: u64,
    /// Drill time.
    pub clock: Clock,
    /// The described sources by the names of their buckets; others have their name as label and
    /// [`DEFAULT_LAG`].
    pub sources: HashMap<String, Source>,
    /// Is told what went wrong, from the worker.
    pub on_event: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
}

/// A copy could not be made, and never will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationEvent {
    /// When it was found out.
    pub at: DrillTime,
    /// The source bucket's label.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// Why: `ChecksumMismatch`, or S3's error code.
    pub reason: String,
}

/// A write whose copy has not been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncopied {
    /// The object's key.
    pub key: String,
    /// When the write was acknowledged.
    pub acknowledged: DrillTime,
    /// When its copy is, or was, due.
    pub due: DrillTime,
}

/// Why a copy was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmade {
    /// There is nothing to copy any more.
    Gone,
    /// A newer version is there already, which this copy would hide.
    Superseded,
    /// One of its ends is down; when that is back, it can be made.
    Away,
    /// It never can be made: why, as S3's error code.
    Failed(String),
}

/// How far the replication of one bucket has come. A write with several destinations counts once for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Copies that are still to be made; a version removed meanwhile counts until its copy is due.
    pub pending: u64,
    /// Copies that were made, or were there already.
    pub copied: u64,
    /// Copies that were not made since a newer version was there, which they would have hidden. Only in front of other
    /// endpoints: the embedded S3 puts them behind the newer one.
    pub superseded: u64,
    /// Copies that could not be made.
    pub failed: u64,
    /// Copies that were given up: replication was ended, or the version was gone when its copy was due.
    pub given_up: u64,
    /// Whether copies are held back.
    pub paused: bool,
}

/// Copies what configurations want copied.
pub struct Replicator {
    clock: Clock,
    backlog: Mutex<Backlog>,
    /// Held while a copy is taken and made in the embedded store, so that none is under way for whoever holds it.
    making: Mutex<()>,
    lateness: Mutex<Lateness>,
    /// The backlog may have something new to do.
    nudge: Notify,
    on_event: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
}

impl Replicator {
    /// A replicator that makes no copies before it is [run](Replicator::run), and keeps what is
    /// pending until then.
    pub fn new(options: ReplicatorOptions) -> Arc<Replicator> {
        Arc::new(Replicator {
            clock: options.clock,
            backlog: Mutex::new(Backlog::new(options.seed, options.sources)),
            making: Mutex::default(),
            lateness: Mutex::default(),
            nudge: Notify::new(),
            on_event: options.on_event,
        })
    }

    /// What the store is to tell.
    pub fn observer(self: &Arc<Self>) -> Observer {
        let replicator = Arc::clone(self);
        Arc::new(move |change| replicator.observe(&change))
    }

    fn observe(&self, change: &Change) {
        let now = self.clock.now();
        let mut backlog = self.backlog.lock();
        let before = backlog.next_due();
        match change.kind {
            ChangeKind::ReplicationSet if change.copy_to.is_empty() => backlog.end(&change.bucket),
            ChangeKind::ReplicationSet => backlog.resume(&change.bucket, now),
            _ => backlog.add(change, now),
        }
        let after = backlog.next_due();
        drop(backlog);
        if change.kind == ChangeKind::ReplicationSet && !change.copy_to.is_empty() {
            self.lateness.lock().released(&change.bucket, now);
        }
        // The worker sleeps until the next copy is due; most writes do not change when that is.
        if after != before {
            self.nudge.notify_one();
        }
    }

    /// Makes copies in an S3 whose observer this is, for as long as the future is polled.
    pub async fn run(self: Arc<Self>, s3: impl Into<Backend>) {
        worker::run(&self, &s3.into()).await;
    }

    /// Stops the copies from a bucket, named as in S3, until the pause is dropped or an enabled configuration
    /// is put. Writes keep their places. What was due by now is in the embedded store.
    pub fn pause(self: &Arc<Self>, s3: &Backend, bucket: &str) -> Pause {
        let id = self.hold(s3, bucket);
        Pause {
            replicator: Arc::clone(self),
            bucket: bucket.to_owned(),
            id,
        }
    }

    /// Stops the copies from a bucket as [`Replicator::pause`] does, until an enabled configuration is put: a region
    /// that is lost takes its replication with it.
    pub fn stop(&self, s3: &Backend, bucket: &str) {
        self.hold(s3, bucket);
    }

    fn hold(&self, s3: &Backend, bucket: &str) -> u64 {
        let mut backlog = self.settled(s3, bucket);
        let waiting = backlog
            .first_due(bucket)
            .filter(|_| !backlog.progress(bucket).paused);
        let label = backlog.label(bucket);
        let id = backlog.pause(bucket);
        drop(backlog);
        let now = self.clock.now();
        let mut lateness = self.lateness.lock();
        if let Some(waiting) = waiting {
            lateness.seen(bucket, &label, waiting.due, now);
        }
        lateness.held(bucket, now);
        id
    }

    /// The backlog, when nothing of a bucket is due any more. The embedded store has a copy at the instant at which it
    /// is due, so none may be missing because the worker's thread had not come to its turn: at a speed of 720, a
    /// millisecond of that would be a loss of most of a second.
    fn settled(&self, s3: &Backend, bucket: &str) -> MutexGuard<'_, Backlog> {
        if s3.copies_by_requests() {
            return self.backlog.lock();
        }
        let _making = self.making.lock();
        loop {
            let mut backlog = self.backlog.lock();
            let Some(copy) = backlog.take_due_from(bucket, self.clock.now()) else {
                return backlog;
            };
            drop(backlog);
            worker::finish_at_once(self, s3, copy);
        }
    }

    /// Where copies were made later than any of their bucket before, since this was last asked. Only of an S3 that is
    /// asked for its copies: the embedded one has them when they are due. Copies of what [`Replicator::copy_existing`]
    /// found do not count.
    pub fn take_late(&self) -> Vec<Late> {
        self.lateness.lock().take()
    }

    /// Has what is in bucket `from` and not in `to` copied there, as S3 Batch Replication does: replication itself
    /// copies only what is written after it was put; delete markers only with `markers`. How many versions that is.
    ///
    /// `None` if there is no such bucket.
    pub fn copy_existing(&self, s3: &Backend, from: &str, to: &str, markers: bool) -> Option<u64> {
        let mut absent = s3.absent(from, to)?;
        absent.retain(|one| markers || !one.marker);
        self.backlog
            .lock()
            .add_existing(from, to, &absent, self.clock.now());
        self.nudge.notify_one();
        Some(absent.len() as u64)
    }

    /// How many of those that [`Replicator::copy_existing`] found in a bucket have not been copied.
    pub fn existing(&self, bucket: &str) -> u64 {
        self.backlog.lock().existing(bucket)
    }

    /// How far the replication from a bucket has come.
    pub fn progress(&self, bucket: &str) -> Progress {
        self.backlog.lock().progress(bucket)
    }

    /// The oldest write to a bucket whose copy is still to be made.
    pub fn oldest_uncopied(&self, bucket: &str) -> Option<Uncopied> {
        self.backlog.lock().oldest_uncopied(bucket)
    }

    /// The first copy from a bucket that was due after `since` and is held back: it is overdue by `margin` at least and by
    /// more than copies have been late, none that was due after `since` had its turn, and the pause stands. Where copies
    /// go on, one or the other comes to pass, however slow they are.
    pub fn held_back(&self, bucket: &str, since: DrillTime, margin: Span) -> Option<Uncopied> {
        let now = self.clock.now();
        self.backlog.lock().held_back(bucket, since, margin, now)
    }
}

impl fmt::Debug for Replicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicator").finish_non_exhaustive()
    }
}

/// Stops the copies from one bucket. Dropping it lets them go on, unless something else did.
#[must_use = "the pause ends when it is dropped"]
pub struct Pause {
    replicator: Arc<Replicator>,
    bucket: String,
    id: u64,
}

impl Pause {
    /// Whether copies are still stopped by this pause: an enabled configuration ends it.
    pub fn stands(&self) -> bool {
        self.replicator.backlog.lock().is_paused_by(&self.bucket, self.id)
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let now = self.replicator.clock.now();
        let mut backlog = self.replicator.backlog.lock();
        backlog.unpause(&self.bucket, self.id, now);
        let paused = backlog.progress(&self.bucket).paused;
        drop(backlog);
        if !paused {
            self.replicator.lateness.lock().released(&self.bucket, now);
        }
        self.replicator.nudge.notify_one();
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").field("bucket", &self.bucket).finish()
    }
}
