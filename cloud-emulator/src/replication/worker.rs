//! Makes the copies that are due.

use std::future::pending;

use super::backlog::{Copy, Outcome};
use super::{ReplicationEvent, Replicator};
use crate::s3::{Replication, Store, StoreError, Versioning};

/// Copies until it is dropped.
pub(super) async fn run(replicator: &Replicator, store: &Store) {
    loop {
        let next = replicator.backlog.lock().next_due();
        let timer = async {
            match next {
                Some(due) => drop(replicator.clock.sleep_until(due).await),
                None => pending().await,
            }
        };
        tokio::select! {
            () = timer => {}
            () = replicator.nudge.notified() => {}
        }
        while let Some(copy) = take_due(replicator) {
            finish(replicator, store, &copy);
            // A backlog of thousands must not keep others from their turn.
            tokio::task::yield_now().await;
        }
    }
}

fn take_due(replicator: &Replicator) -> Option<Copy> {
    replicator.backlog.lock().take_due(replicator.clock.now())
}

fn finish(replicator: &Replicator, store: &Store, copy: &Copy) {
    let (outcome, reason) = match make(store, copy) {
        Ok(()) => (Outcome::Copied, None),
        Err(None) => (Outcome::GivenUp, None),
        Err(Some(reason)) => (Outcome::Failed, Some(reason)),
    };
    let status = match outcome {
        Outcome::Copied => Some(Replication::Completed),
        Outcome::Failed => Some(Replication::Failed),
        Outcome::GivenUp => None,
    };
    if let Some(status) = status {
        mark(store, copy, status);
    }
    let mut backlog = replicator.backlog.lock();
    backlog.ended(copy, outcome);
    let label = backlog.label(&copy.bucket);
    drop(backlog);
    if let Some(reason) = reason {
        (replicator.on_event)(ReplicationEvent {
            at: replicator.clock.now(),
            bucket: label,
            key: copy.key.to_string(),
            reason,
        });
    }
}

/// Sets the source's status. Of several destinations one failure shows for all.
fn mark(store: &Store, copy: &Copy, status: Replication) {
    let source = store.read(&copy.bucket, &copy.key, Some(copy.version));
    if source.is_ok_and(|source| source.replication != Replication::Failed) {
        // The version may be removed at this very moment; then there is no status to set.
        let _ = store.set_replication_status(&copy.bucket, &copy.key, copy.version, status);
    }
}

/// Makes one copy. The error is why it failed, or none if there is nothing to copy any more.
fn make(store: &Store, copy: &Copy) -> Result<(), Option<String>> {
    let source = store
        .read(&copy.bucket, &copy.key, Some(copy.version))
        .map_err(|_| None)?;
    let versioning = store.versioning(&copy.to).map_err(|error| Some(code(&error)))?;
    if versioning != Versioning::Enabled {
        return Err(Some("InvalidBucketState".to_owned()));
    }
    let copied = match copy.marker {
        true => store.put_replica_marker(&copy.to, &copy.key, copy.version, copy.modified_us),
        false => store.put_replica(&copy.to, &copy.key, &source),
    };
    copied.map(drop).map_err(|error| Some(code(&error)))
}

/// S3's code of an error; a body that is not what it was has one of its own.
fn code(error: &StoreError) -> String {
    match error {
        StoreError::ChecksumMismatch => "ChecksumMismatch".to_owned(),
        other => s3s::S3Error::from(other.clone()).code().as_str().to_owned(),
    }
}
