//! The versions of one key, and what a write or a delete does to them.
//!
//! ```text
//!                  versioning off        suspended                    enabled
//! write            replace `null`        replace `null`, on top       new version on top
//! delete           remove `null`         `null` marker on top         new marker on top
//! delete a version                       removes just that version for good
//! ```

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::ids::VersionId;
use super::meter::Charge;
use super::object::Object;

/// Whether a bucket keeps what is overwritten or deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versioning {
    /// Never was on.
    #[default]
    Off,
    /// Every write and delete adds a version.
    Enabled,
    /// Was on: old versions stay, new writes replace the version `null`.
    Suspended,
}

/// How far replication of a version has come, as `x-amz-replication-status` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replication {
    /// No rule applied.
    #[default]
    None,
    /// Due.
    Pending,
    /// At the destination.
    Completed,
    /// Given up.
    Failed,
    /// This is the copy.
    Replica,
}

/// One version: a body, or a delete marker.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) id: VersionId,
    pub(crate) modified_us: i64,
    pub(crate) replication: Replication,
    /// `None` is a delete marker.
    pub(crate) object: Option<Arc<Object>>,
    /// Pays for the entry itself; the body pays for itself.
    pub(crate) _charge: Charge,
}

/// All versions of a key; there is always one.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) newest: Version,
    /// Older versions, the oldest first.
    older: Vec<Version>,
}

impl Entry {
    fn new(version: Version) -> Entry {
        Entry {
            newest: version,
            older: Vec::new(),
        }
    }

    /// Newest first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.newest).chain(self.older.iter().rev())
    }

    pub(crate) fn find(&self, id: VersionId) -> Option<&Version> {
        self.versions().find(|v| v.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: VersionId) -> Option<&mut Version> {
        if self.newest.id == id {
            return Some(&mut self.newest);
        }
        self.older.iter_mut().find(|v| v.id == id)
    }

    pub(crate) fn newest_mut(&mut self) -> &mut Version {
        &mut self.newest
    }

    /// The current object, unless the key is deleted.
    pub(crate) fn current(&self) -> Option<&Arc<Object>> {
        self.newest.object.as_ref()
    }

    fn push(&mut self, version: Version) {
        let previous = std::mem::replace(&mut self.newest, version);
        self.older.push(previous);
    }

    /// Puts a replica where its age belongs: an older version never becomes current over a newer one.
    fn insert_by_age(&mut self, version: Version) {
        if version.modified_us >= self.newest.modified_us {
            return self.push(version);
        }
        let place = self
            .older
            .partition_point(|v| v.modified_us <= version.modified_us);
        self.older.insert(place, version);
    }
}

/// The keys of a bucket: found by hash, however many there are, and listed in their order.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    entries: HashMap<Arc<str>, Entry>,
    /// The keys of `entries`, no more and no fewer.
    order: BTreeSet<Arc<str>>,
}

impl Keys {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    /// The keys from `start` on.
    pub(crate) fn range_from<'k>(
        &'k self,
        start: std::ops::Bound<&str>,
    ) -> impl Iterator<Item = (&'k Arc<str>, &'k Entry)> + use<'k> {
        let keys = self.order.range::<str, _>((start, std::ops::Bound::Unbounded));
        keys.filter_map(|key| Some((key, self.entries.get(key)?)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Entry)> {
        self.range_from(std::ops::Bound::Unbounded)
    }

    fn add(&mut self, key: &Arc<str>, version: Version) {
        self.order.insert(key.clone());
        self.entries.insert(key.clone(), Entry::new(version));
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        self.order.remove(key);
        self.entries.remove(key)
    }

    /// Makes `version` the current one; an earlier version of the same id goes.
    pub(crate) fn put(&mut self, key: &Arc<str>, version: Version) {
        let Some(entry) = self.entries.get_mut(&**key) else {
            self.add(key, version);
            return;
        };
        if entry.newest.id == version.id {
            entry.newest = version;
            return;
        }
        if version.id.is_null() {
            entry.older.retain(|v| !v.id.is_null());
        }
        entry.push(version);
    }

    /// Adds a version where its `LastModified` belongs, replacing one of the same id. Returns whether it
    /// is the current one now.
    pub(crate) fn insert_by_age(&mut self, key: &Arc<str>, version: Version) -> bool {
        let id = version.id;
        self.remove_version(key, id);
        match self.entries.get_mut(&**key) {
            Some(entry) => {
                entry.insert_by_age(version);
                entry.newest.id == id
            }
            None => {
                self.add(key, version);
                true
            }
        }
    }

    /// Removes one version for good, and the key with its last one.
    pub(crate) fn remove_version(&mut self, key: &str, id: VersionId) -> Option<Version> {
        let entry = self.entries.get_mut(key)?;
        if entry.newest.id != id {
            let place = entry.older.iter().position(|v| v.id == id)?;
            return Some(entry.older.remove(place));
        }
        match entry.older.pop() {
            Some(next) => Some(std::mem::replace(&mut entry.newest, next)),
            None => self.remove(key).map(|entry| entry.newest),
        }
    }

    /// Removes all versions of a key for good, the newest first.
    pub(crate) fn purge(&mut self, key: &str) -> Vec<Version> {
        let Some(Entry { newest, older }) = self.remove(key) else {
            return Vec::new();
        };
        std::iter::once(newest).chain(older.into_iter().rev()).collect()
    }
}
