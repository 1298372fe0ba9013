//! Makes the copies that are due.

use std::future::pending;
use std::sync::Arc;

use drill::units::{DrillTime, Span};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use super::backlog::CopyOutcome;
use super::copy::{Copy, ReplicationError};
use super::progress::ReplicationEvent;
use super::replicator::Replicator;
use crate::embedded::Replication;
use crate::storage::S3Storage;

/// A copy one of whose ends is down is tried again after so much drill time.
const AGAIN_AFTER: Span = Span::from_secs(60);

impl Replicator {
    /// Makes copies in an S3 whose observer this is, for as long as the future is polled.
    pub async fn run(self: Arc<Self>, s3: impl Into<S3Storage>) {
        let s3 = s3.into();
        if s3.copies_by_requests() {
            run_by_requests(&self, &s3).await
        } else {
            run_at_once(&self, &s3).await
        }
    }

    /// Makes a copy in our own store.
    pub(super) fn finish_at_once(&self, s3: &S3Storage, copy: Copy) {
        let made = finish(self, s3, copy).now_or_never();
        debug_assert!(made.is_some(), "our own store never waits");
    }
}

/// In our own store, which never waits.
async fn run_at_once(replicator: &Replicator, s3: &S3Storage) {
    loop {
        while make_next(replicator, s3) {
            // A backlog of thousands must not keep others from their turn.
            tokio::task::yield_now().await;
        }
        let next = replicator.backlog.lock().next_due();
        tokio::select! {
            () = until_due(replicator, next) => {}
            () = replicator.nudge.notified() => {}
        }
    }
}

/// Makes the next copy that is due, if there is one.
fn make_next(replicator: &Replicator, s3: &S3Storage) -> bool {
    let _making = replicator.making.lock();
    let Some(copy) = take_due(replicator) else {
        return false;
    };
    replicator.finish_at_once(s3, copy);
    true
}

async fn until_due(replicator: &Replicator, next: Option<DrillTime>) {
    match next {
        Some(due) => drop(replicator.clock.sleep_until(due).await),
        None => pending().await,
    }
}

async fn run_by_requests(replicator: &Replicator, s3: &S3Storage) {
    replicator.lateness.lock().watch();
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < s3.copies_at_once()
            && let Some(copy) = take_due(replicator)
        {
            under_way.push(finish(replicator, s3, copy));
        }
        let next = if under_way.len() < s3.copies_at_once() {
            replicator.backlog.lock().next_due()
        } else {
            None
        };
        tokio::select! {
            Some(()) = under_way.next() => {}
            () = until_due(replicator, next) => {}
            () = replicator.nudge.notified() => {}
        }
    }
}

fn take_due(replicator: &Replicator) -> Option<Copy> {
    replicator.backlog.lock().take_due(replicator.clock.now())
}

async fn finish(replicator: &Replicator, s3: &S3Storage, copy: Copy) {
    let (outcome, reason) = match s3.replicate(&copy).await {
        Ok(()) => (CopyOutcome::Copied, None),
        Err(ReplicationError::Gone) => (CopyOutcome::GivenUp, None),
        Err(ReplicationError::Superseded) => (CopyOutcome::Superseded, None),
        Err(ReplicationError::Failed(reason)) => (CopyOutcome::Failed, Some(reason)),
        Err(ReplicationError::Away) => {
            let again = replicator.clock.now() + AGAIN_AFTER;
            replicator.backlog.lock().put_back(copy, again);
            return;
        }
    };
    if outcome == CopyOutcome::Copied {
        note_lateness(replicator, &copy);
    }
    match outcome {
        CopyOutcome::Copied => s3.set_replication_status(&copy, Replication::Completed),
        CopyOutcome::Failed => s3.set_replication_status(&copy, Replication::Failed),
        // Nothing that S3 could say of it would be true.
        CopyOutcome::GivenUp | CopyOutcome::Superseded => {}
    }
    if let Some(reason) = reason {
        let bucket = replicator.backlog.lock().label(&copy.bucket);
        (replicator.on_event)(ReplicationEvent {
            at: replicator.clock.now(),
            bucket,
            key: copy.key.to_string(),
            reason,
        });
    }
    // Last: who sees that nothing is pending any more finds everything told.
    replicator.backlog.lock().ended(&copy, outcome);
}

/// What was there before its replication is copied by a batch job, which promises no time.
fn note_lateness(replicator: &Replicator, copy: &Copy) {
    if copy.existing {
        return;
    }
    let label = replicator.backlog.lock().label(&copy.bucket);
    let now = replicator.clock.now();
    replicator
        .lateness
        .lock()
        .seen(&copy.bucket, &label, copy.due, now);
}
