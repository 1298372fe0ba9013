//! What S3 keeps its objects in: the embedded store, or other endpoints.
//!
//! Faults, history and replication work on either, by the same names.

use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_gateway::{Keys, Stands};
use drill::units::DrillTime;

use crate::embedded::{MissingReplica, Replication};
use crate::error::S3Failure;
use crate::front::Front;
use crate::past::Pasts;
use crate::replication::{Copy, ReplicationError};

/// What S3 keeps its objects in.
#[async_trait]
pub trait Storage: Send + Sync {
    /// What answers requests for it, by the run's keys.
    fn front(self: Arc<Self>, keys: &Keys, anonymous: bool) -> Box<dyn Front>;

    /// Whether it is of other endpoints, so that each read of ours is a request.
    fn is_remote(&self) -> bool;

    /// The seed of its draws.
    fn seed(&self) -> u64;

    /// AWS's names of its regions, in their order.
    fn regions(&self) -> Vec<String>;

    /// The home region of a bucket.
    fn region_of(&self, bucket: &str) -> Option<Arc<str>>;

    /// Whether there is a region of this name.
    fn has_region(&self, region: &str) -> bool;

    /// A fault has taken what is behind a region, or given it back. Nothing is behind the embedded store.
    fn set_down(&self, region: &str, down: bool) {
        let _ = (region, down);
    }

    /// Whatever a region held is gone for good, with the container that held it.
    fn forget(&self, region: &str) {
        let _ = region;
    }

    /// When the current version of a key was acknowledged, in drill time, where the dates of its S3 are not the
    /// drill's; `None` where they are, or where the time is unknown.
    fn written_at(&self, bucket: &str, key: &str) -> Option<DrillTime> {
        let _ = (bucket, key);
        None
    }

    /// Keys with this prefix of which a current object was acknowledged, where listings may leave some out; none where
    /// they do not.
    fn known_keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let _ = (bucket, prefix);
        Vec::new()
    }

    /// What a reader of a key would get now; of another endpoint that is not known.
    fn current(&self, bucket: &str, key: &str) -> Stands;

    /// Deletes a key as a client would.
    async fn delete_current(&self, bucket: &str, key: &str) -> Result<(), S3Failure>;

    /// Removes all versions of a key for good.
    async fn purge(&self, bucket: &str, key: &str) -> Result<(), S3Failure>;

    /// Overwrites a key as a client would.
    async fn overwrite(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), S3Failure>;

    /// Changes bytes of the current version of a key, under the same size, date and entity tag; which ones is drawn at
    /// this path, with the seed of the drill.
    ///
    /// # Errors
    /// S3's error.
    fn corrupt(&self, bucket: &str, key: &str, path: &str) -> Result<(), S3Failure>;

    /// Deletes a bucket with everything in it.
    async fn force_delete_bucket(&self, bucket: &str) -> Result<(), S3Failure>;

    /// Makes a bucket that a scenario declares.
    async fn declare_bucket(&self, bucket: &str, region: &str, versioned: bool) -> Result<(), S3Failure>;

    /// Writes what was there before the drill, with its copies into `replica`.
    async fn fill(&self, bucket: &str, replica: Option<&str>, pasts: Pasts<'_>) -> Result<(), S3Failure>;

    /// The versions of `from` of which `to` has no copy and could still get one, key by key, each key's oldest first;
    /// `None` if there is no such bucket.
    fn absent(&self, from: &str, to: &str) -> Option<Vec<MissingReplica>>;

    /// How many copies it is best to make at once.
    fn copies_at_once(&self) -> usize {
        1
    }

    /// Whether a copy takes the time of requests, rather than being there at once.
    fn copies_by_requests(&self) -> bool {
        false
    }

    /// Makes one copy of replication, unless it is there already.
    async fn replicate(&self, copy: &Copy) -> Result<(), ReplicationError>;

    /// Sets the source's status. Of several destinations one failure shows for all.
    fn set_replication_status(&self, copy: &Copy, status: Replication);

    /// Resolves when an endpoint behind it is dead: how. Never for the embedded store.
    async fn died(&self) -> String {
        std::future::pending().await
    }

    /// Leaves other endpoints as they were found. What could not be removed, in words.
    async fn clean_up(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The S3 behind the gateway. Cheap to clone.
#[derive(Clone)]
pub struct S3Storage(Arc<dyn Storage>);

impl<S: Storage + 'static> From<Arc<S>> for S3Storage {
    fn from(storage: Arc<S>) -> S3Storage {
        S3Storage(storage)
    }
}

impl Deref for S3Storage {
    type Target = dyn Storage;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl S3Storage {
    /// What answers requests for it, by the run's keys.
    pub(crate) fn front(&self, keys: &Keys, anonymous: bool) -> Box<dyn Front> {
        Arc::clone(&self.0).front(keys, anonymous)
    }
}
