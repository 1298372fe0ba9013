//! Makes the copies that are due.

use std::future::pending;

use drill::units::Span;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::backlog::{Copy, Outcome};
use super::{ReplicationEvent, Replicator, Unmade};
use crate::backend::Backend;
use crate::s3::Replication;

/// A copy one of whose ends is down is tried again after so much drill time.
const AGAIN_AFTER: Span = Span::from_secs(60);

/// Copies until it is dropped.
pub(super) async fn run(replicator: &Replicator, s3: &Backend) {
    if s3.copies_by_requests() {
        replicator.lateness.lock().watch();
    }
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
        let timer = async {
            match next {
                Some(due) => drop(replicator.clock.sleep_until(due).await),
                None => pending().await,
            }
        };
        tokio::select! {
            // A backlog of thousands must not keep others from their turn.
            Some(()) = under_way.next() => tokio::task::yield_now().await,
            () = timer => {}
            () = replicator.nudge.notified() => {}
        }
    }
}

fn take_due(replicator: &Replicator) -> Option<Copy> {
    replicator.backlog.lock().take_due(replicator.clock.now())
}

pub(super) async fn finish(replicator: &Replicator, s3: &Backend, copy: Copy) {
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
