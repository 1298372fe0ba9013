//! Makes the copies that are due.

use std::future::pending;

use drill::units::{DrillTime, Span};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use super::backlog::{Copy, Outcome};
use super::{ReplicationEvent, Replicator, Unmade};
use crate::backend::Backend;
use crate::s3::Replication;

/// A copy one of whose ends is down is tried again after so much drill time.
const AGAIN_AFTER: Span = Span::from_secs(60);

/// Copies until it is dropped.
pub(super) async fn run(replicator: &Replicator, s3: &Backend) {
    match s3.copies_by_requests() {
        true => run_by_requests(replicator, s3).await,
        false => run_at_once(replicator, s3).await,
    }
}

/// In our own store, which makes nobody wait.
async fn run_at_once(replicator: &Replicator, s3: &Backend) {
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
fn make_next(replicator: &Replicator, s3: &Backend) -> bool {
    let _making = replicator.making.lock();
    let Some(copy) = take_due(replicator) else {
        return false;
    };
    finish_at_once(replicator, s3, copy);
    true
}

/// Makes a copy in our own store.
pub(super) fn finish_at_once(replicator: &Replicator, s3: &Backend, copy: Copy) {
    let made = finish(replicator, s3, copy).now_or_never();
    debug_assert!(made.is_some(), "our own store makes nobody wait");
}

async fn until_due(replicator: &Replicator, next: Option<DrillTime>) {
    match next {
        Some(due) => drop(replicator.clock.sleep_until(due).await),
        None => pending().await,
    }
}

async fn run_by_requests(replicator: &Replicator, s3: &Backend) {
    replicator.lateness.lock().watch();
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < s3.copies_at_once()
            && let Some(copy) = take_due(replicator)
        {
            under_way.push(finish(replicator, s3, copy));
        }
        let next = match under_way.len() < s3.copies_at_once() {
            true => replicator.backlog.lock().next_due(),
            false => None,
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

async fn finish(replicator: &Replicator, s3: &Backend, copy: Copy) {
    let (outcome, reason) = match s3.replicate(&copy).await {
        Ok(()) => (Outcome::Copied, None),
        Err(Unmade::Gone) => (Outcome::GivenUp, None),
        Err(Unmade::Superseded) => (Outcome::Superseded, None),
        Err(Unmade::Failed(reason)) => (Outcome::Failed, Some(reason)),
        Err(Unmade::Away) => {
            let again = replicator.clock.now() + AGAIN_AFTER;
            replicator.backlog.lock().put_back(copy, again);
            return;
        }
    };
    if outcome == Outcome::Copied {
        note_lateness(replicator, &copy);
    }
    match outcome {
        Outcome::Copied => s3.set_replication_status(&copy, Replication::Completed),
        Outcome::Failed => s3.set_replication_status(&copy, Replication::Failed),
        // Nothing that S3 could say of it would be true.
        Outcome::GivenUp | Outcome::Superseded => {}
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
