//! The S3 behind the gateway: our own store, or other endpoints.
//!
//! Faults, history and replication work on either, by the same names.

use std::sync::Arc;

use drill::draw::Draws;
use drill::units::DrillTime;

use crate::gateway::Stands;
use crate::remote::Remote;
use crate::replication::{Copy, Unmade, rules};
use crate::s3::{Absent, Replication, Store, StoreError, Stored, Versioning};

/// The S3 behind the gateway. Cheap to clone.
#[derive(Clone)]
pub enum Backend {
    /// Our own store, in memory.
    Embedded(Arc<Store>),
    /// Other endpoints.
    Remote(Arc<Remote>),
}

impl From<Arc<Store>> for Backend {
    fn from(store: Arc<Store>) -> Backend {
        Backend::Embedded(store)
    }
}

impl From<Arc<Remote>> for Backend {
    fn from(remote: Arc<Remote>) -> Backend {
        Backend::Remote(remote)
    }
}

impl Backend {
    /// Whether it is of other endpoints.
    pub fn is_remote(&self) -> bool {
        matches!(self, Backend::Remote(_))
    }

    /// The seed of its draws.
    pub(crate) fn seed(&self) -> u64 {
        match self {
            Backend::Embedded(store) => store.options.seed,
            Backend::Remote(remote) => remote.seed(),
        }
    }

    /// The home region of a bucket.
    pub fn region_of(&self, bucket: &str) -> Option<Arc<str>> {
        match self {
            Backend::Embedded(store) => store.region_of(bucket),
            Backend::Remote(remote) => remote.region_of(bucket),
        }
    }

    /// Whether there is a region of this name.
    pub(crate) fn has_region(&self, region: &str) -> bool {
        match self {
            Backend::Embedded(store) => store.options.regions.iter().any(|known| known == region),
            Backend::Remote(remote) => remote.regions().any(|known| &**known == region),
        }
    }

    /// The first of its regions.
    pub(crate) fn first_region(&self) -> String {
        let first = match self {
            Backend::Embedded(store) => store.options.regions.first().cloned(),
            Backend::Remote(remote) => remote.regions().next().map(|region| region.to_string()),
        };
        first.unwrap_or_default()
    }

    /// A fault has taken the container of a region, or given it back. Nothing is behind our own store.
    pub(crate) fn set_down(&self, region: &str, down: bool) {
        if let Backend::Remote(remote) = self {
            remote.set_down(region, down);
        }
    }

    /// Whatever the container of a region held is gone for good; our own store is in none.
    pub(crate) fn forget(&self, region: &str) {
        if let Backend::Remote(remote) = self {
            remote.forget(region);
        }
    }

    /// When the current version of a key was acknowledged, in drill time, where the dates of its S3 are not the
    /// drill's; `None` where they are, or nobody knows.
    pub fn written_at(&self, bucket: &str, key: &str) -> Option<DrillTime> {
        match self {
            Backend::Embedded(_) => None,
            Backend::Remote(remote) => remote.written_at(bucket, key),
        }
    }

    /// Keys with this prefix of which a current object was acknowledged, where listings may leave some out; none where
    /// they do not.
    pub fn known_keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        match self {
            Backend::Embedded(_) => Vec::new(),
            Backend::Remote(remote) => remote.known_keys(bucket, prefix),
        }
    }

    /// What a reader of a key would get now; of another endpoint that is not known.
    pub fn stands(&self, bucket: &str, key: &str) -> Stands {
        match self {
            Backend::Embedded(store) => store
                .current_body(bucket, key)
                .map_or(Stands::Nothing, Stands::Body),
            Backend::Remote(_) => Stands::Unread,
        }
    }

    /// Deletes a key as a client would.
    ///
    /// # Errors
    /// S3's error, in words.
    pub(crate) async fn delete_current(&self, bucket: &str, key: &str) -> Result<(), String> {
        match self {
            Backend::Embedded(store) => store.delete_current(bucket, key).map(drop).map_err(text),
            Backend::Remote(remote) => remote.delete_current(bucket, key).await.map_err(text),
        }
    }

    /// Removes all versions of a key for good.
    ///
    /// # Errors
    /// S3's error, in words.
    pub(crate) async fn purge(&self, bucket: &str, key: &str) -> Result<(), String> {
        match self {
            Backend::Embedded(store) => store.purge(bucket, key).map(drop).map_err(text),
            Backend::Remote(remote) => remote.purge(bucket, key).await.map_err(text),
        }
    }

    /// Overwrites a key as a client would.
    ///
    /// # Errors
    /// S3's error, in words.
    pub(crate) async fn overwrite(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), String> {
        match self {
            Backend::Embedded(store) => store.write(bucket, key, &body).map(drop).map_err(text),
            Backend::Remote(remote) => remote.overwrite(bucket, key, body).await.map_err(text),
        }
    }

    /// Changes bytes of the current version of a key, under the same size, date and entity tag; which ones is drawn at
    /// this path, with the seed of the drill.
    ///
    /// # Errors
    /// S3's error, in words.
    pub fn corrupt(&self, bucket: &str, key: &str, path: &str) -> Result<(), String> {
        match self {
            Backend::Embedded(store) => {
                let corrupted = store.corrupt(bucket, key, &Draws::new(store.options.seed, path));
                corrupted.map(drop).map_err(text)
            }
            Backend::Remote(remote) => remote.corrupt(bucket, key, path).map_err(text),
        }
    }

    /// Deletes a bucket with everything in it.
    ///
    /// # Errors
    /// S3's error, in words.
    pub(crate) async fn force_delete_bucket(&self, bucket: &str) -> Result<(), String> {
        match self {
            Backend::Embedded(store) => store.force_delete_bucket(bucket).map_err(text),
            Backend::Remote(remote) => remote.force_delete_bucket(bucket).await.map_err(text),
        }
    }

    /// The versions of `from` of which `to` has no copy and could still get one, key by key, each key's oldest first;
    /// `None` if there is no such bucket.
    pub(crate) fn absent(&self, from: &str, to: &str) -> Option<Vec<Absent>> {
        match self {
            Backend::Embedded(store) => store.absent(from, to).ok(),
            Backend::Remote(remote) => remote.absent(from, to),
        }
    }

    /// How many copies it is best to make at once.
    pub(crate) fn copies_at_once(&self) -> usize {
        match self {
            Backend::Embedded(_) => 1,
            // As many requests as an endpoint in Python makes something of.
            Backend::Remote(_) => 8,
        }
    }

    /// Whether a copy takes the time of requests, rather than being there at once.
    pub(crate) fn copies_by_requests(&self) -> bool {
        matches!(self, Backend::Remote(_))
    }

    /// Makes one copy of replication, unless it is there already.
    pub(crate) async fn replicate(&self, copy: &Copy) -> Result<(), Unmade> {
        match self {
            Backend::Embedded(store) => replicate(store, copy),
            Backend::Remote(remote) => remote.replicate(copy).await,
        }
    }

    /// Sets the source's status. Of several destinations one failure shows for all.
    pub(crate) fn set_replication_status(&self, copy: &Copy, status: Replication) {
        match self {
            Backend::Embedded(store) => {
                let source = store.read(&copy.bucket, &copy.key, Some(copy.version));
                if source.is_ok_and(|source| source.replication != Replication::Failed) {
                    // The version may be removed at this very moment; then there is no status to set.
                    let _ = store.set_replication_status(&copy.bucket, &copy.key, copy.version, status);
                }
            }
            Backend::Remote(remote) => {
                remote.set_replication_status(&copy.bucket, &copy.key, copy.version, status);
            }
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn replicate(store: &Store, copy: &Copy) -> Result<(), Unmade> {
    let failed = |error: StoreError| Unmade::Failed(code(&error));
    let source = store
        .read(&copy.bucket, &copy.key, Some(copy.version))
        .map_err(|_| Unmade::Gone)?;
    let versioning = store.versioning(&copy.to).map_err(failed)?;
    if versioning != Versioning::Enabled {
        return Err(Unmade::Failed("InvalidBucketState".to_owned()));
    }
    let copied = match copy.marker {
        true => store.put_replica_marker(&copy.to, &copy.key, copy.version, copy.modified_us),
        false => {
            let class = storage_class(store, copy, &source);
            store.put_replica_as(&copy.to, &copy.key, &source, class.as_deref())
        }
    };
    copied.map(drop).map_err(failed)
}

/// The storage class that the replication of a bucket gives to a copy of this version, if it says one.
fn storage_class(store: &Store, copy: &Copy, source: &Stored) -> Option<String> {
    let configuration = store.replication(&copy.bucket).ok()??;
    let tags = source.object.as_ref().map_or(&[][..], |object| object.tags());
    rules::storage_class(&configuration, &copy.key, tags, &copy.to).map(str::to_owned)
}

/// S3's code of an error; a body that is not what it was has one of its own.
fn code(error: &StoreError) -> String {
    match error {
        StoreError::ChecksumMismatch => "ChecksumMismatch".to_owned(),
        other => s3s::S3Error::from(other.clone()).code().as_str().to_owned(),
    }
}
