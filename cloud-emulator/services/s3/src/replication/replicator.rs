//! Who makes the copies: told of every change, paused and read.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use drill::units::{DrillTime, Span};
use parking_lot::{Mutex, MutexGuard};
use runtime::Clock;
use tokio::sync::Notify;

use super::backlog::Backlog;
use super::lateness::{Late, Lateness};
use super::progress::{Progress, ReplicationEvent, Uncopied};
use super::source::Source;
use crate::embedded::{Change, ChangeKind, Observer};
use crate::storage::S3Storage;

/// What a replicator is made with.
pub struct ReplicatorOptions {
    /// The seed of all lags.
    pub seed: u64,
    /// Drill time.
    pub clock: Clock,
    /// The described sources by the names of their buckets; others have their name as label and
    /// [`DEFAULT_LAG`](super::DEFAULT_LAG).
    pub sources: HashMap<String, Source>,
    /// Is told what went wrong, from the worker.
    pub on_event: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
}

/// Copies what configurations want copied.
pub struct Replicator {
    pub(super) clock: Clock,
    pub(super) backlog: Mutex<Backlog>,
    /// Held while a copy is taken and made in the embedded store, so that none is under way for the holder.
    pub(super) making: Mutex<()>,
    pub(super) lateness: Mutex<Lateness>,
    /// The backlog may have something new to do.
    pub(super) nudge: Notify,
    pub(super) on_event: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
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

    /// Stops the copies from a bucket, named as in S3, until the pause is dropped or an enabled configuration
    /// is put. Writes keep their places. What was due by now is in the embedded store.
    pub fn pause(self: &Arc<Self>, s3: &S3Storage, bucket: &str) -> Pause {
        let id = self.hold(s3, bucket);
        Pause {
            replicator: Arc::clone(self),
            bucket: bucket.to_owned(),
            id,
        }
    }

    /// Stops the copies from a bucket as [`Replicator::pause`] does, until an enabled configuration is put: a region
    /// that is lost takes its replication with it.
    pub fn stop(&self, s3: &S3Storage, bucket: &str) {
        self.hold(s3, bucket);
    }

    fn hold(&self, s3: &S3Storage, bucket: &str) -> u64 {
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
    fn settled(&self, s3: &S3Storage, bucket: &str) -> MutexGuard<'_, Backlog> {
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
            self.finish_at_once(s3, copy);
        }
    }

    /// Where copies were made later than any of their bucket before, since this was last asked. Only of an S3 that is
    /// asked for its copies: the embedded one has them when they are due. Copies of what [`Replicator::copy_existing`]
    /// found do not count.
    pub fn take_late(&self) -> Vec<Late> {
        self.lateness.lock().drain()
    }

    /// Has what is in bucket `from` and not in `to` copied there, as S3 Batch Replication does: replication itself
    /// copies only what is written after it was put; delete markers only with `markers`. How many versions that is.
    ///
    /// `None` if there is no such bucket.
    pub fn copy_existing(&self, s3: &S3Storage, from: &str, to: &str, markers: bool) -> Option<u64> {
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
    pub fn is_active(&self) -> bool {
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
