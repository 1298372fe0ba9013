//! One event per acknowledged write or delete.
//!
//! ```text
//! PutObject, DeleteObject, … ──► State (under the bucket's lock) ──► Change ──► observer ──► replicator
//! put_replica ───────────────────────┘                     replica: true
//! ```

use std::sync::Arc;

use super::bucket::Bucket;
use super::ids::VersionId;
use super::versions::Version;

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A version with a body was written.
    Put,
    /// A delete marker became the current version.
    DeleteMarker,
    /// A version, or a delete marker, was removed for good.
    VersionDeleted,
    /// The bucket's replication configuration was set or removed. There is no key and no version.
    ReplicationSet,
}

/// One acknowledged write or delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The bucket.
    pub bucket: Arc<str>,
    /// The key.
    pub key: Arc<str>,
    /// The version that was written or removed.
    pub version: VersionId,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The version's `LastModified`, microseconds since the Unix epoch on the drill's calendar.
    pub modified_us: i64,
    /// Written by the replicator: not to be replicated again.
    pub replica: bool,
    /// The buckets that the replication configuration wants this write copied to. For
    /// [`ChangeKind::ReplicationSet`], the destinations of all enabled rules.
    pub copy_to: Vec<Arc<str>>,
}

impl Change {
    /// A client's change that is not to be copied.
    pub(crate) fn new(bucket: &Bucket, key: &Arc<str>, version: &Version, kind: ChangeKind) -> Change {
        Change {
            bucket: bucket.name.clone(),
            key: key.clone(),
            version: version.id,
            kind,
            modified_us: version.modified_us,
            replica: false,
            copy_to: Vec::new(),
        }
    }
}

/// Receives every [`Change`], in the order in which they took effect in their bucket.
///
/// It is called under the bucket's lock, before the client has its answer: it must hand the event on
/// without blocking (an unbounded queue never loses) and must not call the store.
pub type Observer = Arc<dyn Fn(Change) + Send + Sync>;
