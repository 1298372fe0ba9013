//! What the replicator does: copies that keep the source's version id and date.
//!
//! An older version never hides a newer one: each takes the place that its date gives it, in whatever
//! order the copies arrive. Replica writes emit events marked as such, and are not replicated again.

use std::collections::HashSet;
use std::sync::Arc;

use super::change::ChangeKind;
use super::error::StoreError;
use super::ids::VersionId;
use super::object::Object;
use super::state::Stored;
use super::store::Store;
use super::versions::{Replication, Version};

/// A version that another bucket does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingReplica {
    /// The key.
    pub key: Arc<str>,
    /// The version's id.
    pub version: VersionId,
    /// Its `LastModified`, microseconds since the Unix epoch on the drill's calendar.
    pub modified_us: i64,
    /// It is a delete marker.
    pub marker: bool,
}

impl Store {
    /// The versions of `from` that `to` does not hold, key by key, each key's oldest first.
    ///
    /// # Errors
    /// No such bucket.
    pub fn absent(&self, from: &str, to: &str) -> Result<Vec<MissingReplica>, StoreError> {
        let held: HashSet<(Arc<str>, VersionId)> = self.bucket(to)?.read(|state| {
            let entries = state.keys.iter();
            let versions =
                entries.flat_map(|(key, entry)| entry.versions().map(|version| (key.clone(), version.id)));
            versions.collect()
        })?;
        self.bucket(from)?.read(|state| {
            let mut absent = Vec::new();
            for (key, entry) in state.keys.iter() {
                let of_key = entry.versions().map(|version| MissingReplica {
                    key: key.clone(),
                    version: version.id,
                    modified_us: version.modified_us,
                    marker: version.object.is_none(),
                });
                let mut of_key: Vec<MissingReplica> = of_key
                    .filter(|one| !held.contains(&(one.key.clone(), one.version)))
                    .collect();
                of_key.sort_by_key(|one| one.modified_us);
                absent.extend(of_key);
            }
            absent
        })
    }

    /// Copies a version into `bucket` as [`Store::read`] gave it: its id, its date, its metadata, its stored
    /// checksum. Returns whether it is the current version there now.
    ///
    /// # Errors
    /// [`StoreError::ChecksumMismatch`] when the body is not the one that its stored checksum was computed
    /// from; [`StoreError::NoSuchVersion`] for a delete marker; no such bucket; memory is used up.
    pub fn put_replica(&self, bucket: &str, key: &str, source: &Stored) -> Result<bool, StoreError> {
        self.put_replica_as(bucket, key, source, None)
    }

    /// Like [`Store::put_replica`], in a storage class that the rule names, if it names one.
    ///
    /// # Errors
    /// As [`Store::put_replica`].
    pub fn put_replica_as(
        &self,
        bucket: &str,
        key: &str,
        source: &Stored,
        storage_class: Option<&str>,
    ) -> Result<bool, StoreError> {
        let object = source.object.as_ref().ok_or(StoreError::NoSuchVersion)?;
        if object.verify() == Some(false) {
            return Err(StoreError::ChecksumMismatch);
        }
        // The copy has bytes of its own: what corrupts one does not corrupt the other, and each is charged.
        let mut copy = Object {
            body: self.meter.copy(&object.body)?,
            ..Object::clone(object)
        };
        copy.set_storage_class(storage_class);
        // What was restored is at its source alone.
        if let Some(extra) = &mut copy.extra {
            extra.restore = None;
        }
        self.insert_replica(bucket, key, source, Some(Arc::new(copy)), ChangeKind::Put)
    }

    /// Adds a delete marker that was replicated, with the source's id and date. Returns whether it hides
    /// the key now.
    ///
    /// # Errors
    /// No such bucket; memory is used up.
    pub fn put_replica_marker(
        &self,
        bucket: &str,
        key: &str,
        id: VersionId,
        modified_us: i64,
    ) -> Result<bool, StoreError> {
        let marker = Stored {
            version: id,
            modified_us,
            replication: Replication::None,
            object: None,
        };
        self.insert_replica(bucket, key, &marker, None, ChangeKind::DeleteMarker)
    }

    fn insert_replica(
        &self,
        bucket: &str,
        key: &str,
        source: &Stored,
        object: Option<Arc<Object>>,
        kind: ChangeKind,
    ) -> Result<bool, StoreError> {
        let bucket = self.bucket(bucket)?;
        let charge = self.version_charge(key)?;
        let key: Arc<str> = Arc::from(key);
        bucket.write(|state| {
            let version = Version {
                id: source.version,
                modified_us: source.modified_us,
                replication: Replication::Replica,
                object,
                _charge: charge,
            };
            self.notify(&bucket, &key, &version, kind, true);
            state.keys.insert_by_age(&key, version)
        })
    }

    /// Sets how far the replication of a version has come, on the source.
    ///
    /// # Errors
    /// No such bucket, key or version.
    pub fn set_replication_status(
        &self,
        bucket: &str,
        key: &str,
        version: VersionId,
        status: Replication,
    ) -> Result<(), StoreError> {
        self.bucket(bucket)?.write(|state| {
            let entry = state
                .keys
                .get_mut(key)
                .ok_or_else(|| StoreError::NoSuchKey(key.to_owned()))?;
            let found = entry.find_mut(version).ok_or(StoreError::NoSuchVersion)?;
            found.replication = status;
            Ok(())
        })?
    }
}
