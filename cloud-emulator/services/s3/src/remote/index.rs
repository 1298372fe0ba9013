//! What went through the gateway to a foreign S3, remembered: pure.
//!
//! The endpoint holds the objects. What it cannot tell is kept here: which version is whose copy, when a write was
//! acknowledged in drill time, what is copied where, and whose bytes are damaged. It is made of acknowledged requests
//! only; who writes to the endpoint past the gateway is not in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use drill::units::DrillTime;
use s3s::dto::ReplicationConfiguration;

use crate::embedded::{Change, ChangeKind, MissingReplica, Replication, VersionId, Versioning};
use crate::replication::rules;

/// One version of a key.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// Our number for it.
    pub(super) number: VersionId,
    /// The endpoint's id for it; `null` where the bucket keeps no versions.
    pub(super) id: Arc<str>,
    /// The number of the version of which this is a copy, over however many buckets; its own if it is none.
    pub(super) origin: VersionId,
    /// When that was written.
    pub(super) written: DrillTime,
    /// When this one was acknowledged.
    pub(super) acknowledged: DrillTime,
    pub(super) marker: bool,
    pub(super) replication: Replication,
    /// The draws of its damage, if bytes of it are damaged.
    pub(super) damage: Option<Arc<str>>,
}

/// A bucket and what is known of its content.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: Arc<str>,
    pub(super) created_us: i64,
    pub(super) versioning: Versioning,
    pub(super) replication: Option<ReplicationConfiguration>,
    /// Oldest first, by when they were written: an older version that is copied later does not hide a newer one.
    keys: BTreeMap<Arc<str>, Vec<Version>>,
}

impl Bucket {
    /// The versions of a key, oldest first.
    pub(super) fn versions(&self, key: &str) -> &[Version] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether this version, of whichever bucket, or a copy of it is here.
    pub(super) fn has_copy(&self, key: &str, version: &Version) -> bool {
        self.versions(key)
            .iter()
            .any(|known| known.origin == version.origin)
    }

    /// Whether a newer version than this one is here, which a copy of it would hide.
    pub(super) fn has_newer(&self, key: &str, version: &Version) -> bool {
        let newest = self.versions(key).last();
        newest.is_some_and(|newest| newest.written > version.written)
    }

    /// All keys that something is known of.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.keys.keys()
    }
}

/// A write that the endpoint acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) id: Arc<str>,
    pub(super) marker: bool,
    pub(super) acknowledged: DrillTime,
    /// Of a copy: what it is a copy of, and when that was written.
    pub(super) of: Option<(VersionId, DrillTime)>,
    pub(super) damage: Option<Arc<str>>,
    /// The endpoint's id of a version that took effect after this one, though it may have been acknowledged before.
    pub(super) before: Option<Arc<str>>,
}

impl Written {
    /// A client's write.
    pub(super) fn now(id: &str, acknowledged: DrillTime) -> Written {
        Written {
            id: Arc::from(id),
            marker: false,
            acknowledged,
            of: None,
            damage: None,
            before: None,
        }
    }
}

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Index {
    buckets: HashMap<Arc<str>, Bucket>,
    next: u64,
}

impl Index {
    pub(super) fn bucket(&self, name: &str) -> Option<&Bucket> {
        self.buckets.get(name)
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Option<&mut Bucket> {
        self.buckets.get_mut(name)
    }

    /// All buckets, by name.
    pub(super) fn buckets(&self) -> Vec<(&Arc<str>, &Bucket)> {
        let mut all: Vec<_> = self.buckets.iter().collect();
        all.sort_by_key(|(name, _)| (*name).clone());
        all
    }

    /// One more bucket. Of two that make it at once the second finds it made.
    pub(super) fn add_bucket(&mut self, name: &str, region: Arc<str>, created_us: i64) {
        let bucket = Bucket {
            region,
            created_us,
            versioning: Versioning::Off,
            replication: None,
            keys: BTreeMap::new(),
        };
        self.buckets.entry(Arc::from(name)).or_insert(bucket);
    }

    pub(super) fn remove_bucket(&mut self, name: &str) {
        self.buckets.remove(name);
    }

    /// The buckets of a region are gone.
    pub(super) fn forget(&mut self, region: &str) {
        self.buckets.retain(|_, bucket| &*bucket.region != region);
    }

    /// A write took effect. Without versions it takes the place of what was there; so does one of the null version.
    /// The change that the replicator is to be told, unless nothing is known of the bucket.
    pub(super) fn write(
        &mut self,
        bucket: &str,
        key: &str,
        written: Written,
        modified_us: i64,
    ) -> Option<Change> {
        self.next += 1;
        let number = VersionId::numbered(self.next);
        let (name, _) = self.buckets.get_key_value(bucket)?;
        let name = name.clone();
        let bucket = self.buckets.get_mut(bucket)?;
        let key: Arc<str> = Arc::from(key);
        let kind = if written.marker {
            ChangeKind::DeleteMarker
        } else {
            ChangeKind::Put
        };
        let replica = written.of.is_some();
        let copy_to = match &bucket.replication {
            // Tags of the object are not known here; `Remote` refuses rules that filter by them.
            Some(configuration) if !replica => rules::targets(configuration, &key, &[], kind),
            _ => Vec::new(),
        };
        let versions = bucket.keys.entry(key.clone()).or_default();
        let newer = written.before.as_ref();
        let newer = newer.and_then(|id| versions.iter().find(|known| known.id == *id));
        let by_then = newer.map_or(written.acknowledged, |newer| {
            written
                .acknowledged
                .min(DrillTime::from_us(newer.written.as_us() - 1))
        });
        let (origin, origin_written) = written.of.unwrap_or((number, by_then));
        let version = Version {
            number,
            origin,
            written: origin_written,
            acknowledged: written.acknowledged,
            marker: written.marker,
            replication: match (replica, copy_to.is_empty()) {
                (true, _) => Replication::Replica,
                (false, true) => Replication::None,
                (false, false) => Replication::Pending,
            },
            damage: written.damage,
            id: written.id,
        };
        versions.retain(|known| known.id != version.id);
        let place = versions.partition_point(|known| known.written <= version.written);
        versions.insert(place, version);
        Some(Change {
            bucket: name,
            key,
            version: number,
            kind,
            modified_us,
            replica,
            copy_to,
        })
    }

    /// A version is gone for good.
    pub(super) fn remove_version(&mut self, bucket: &str, key: &str, id: &str) {
        let Some(bucket) = self.buckets.get_mut(bucket) else {
            return;
        };
        if let Some(versions) = bucket.keys.get_mut(key) {
            versions.retain(|version| &*version.id != id);
            if versions.is_empty() {
                bucket.keys.remove(key);
            }
        }
    }

    /// The version of this number.
    pub(super) fn version(&self, bucket: &str, key: &str, number: VersionId) -> Option<&Version> {
        let versions = self.buckets.get(bucket)?.versions(key);
        versions.iter().find(|version| version.number == number)
    }

    pub(super) fn version_mut(&mut self, bucket: &str, key: &str, number: VersionId) -> Option<&mut Version> {
        let versions = self.buckets.get_mut(bucket)?.keys.get_mut(key)?;
        versions.iter_mut().find(|version| version.number == number)
    }

    /// The version that the endpoint calls `id`; the current one without.
    pub(super) fn version_called(&self, bucket: &str, key: &str, id: Option<&str>) -> Option<&Version> {
        let versions = self.buckets.get(bucket)?.versions(key);
        match id {
            Some(id) => versions.iter().find(|version| &*version.id == id),
            None => versions.last(),
        }
    }

    /// The current version of a key.
    pub(super) fn current_mut(&mut self, bucket: &str, key: &str) -> Option<&mut Version> {
        self.buckets.get_mut(bucket)?.keys.get_mut(key)?.last_mut()
    }

    /// The versions of `from` of which `to` has neither the original nor a copy, nor a newer version, key by key, each
    /// key's oldest first: what replication can still copy.
    pub(super) fn absent(
        &self,
        from: &str,
        to: &str,
        calendar: impl Fn(DrillTime) -> i64,
    ) -> Option<Vec<MissingReplica>> {
        let to = self.bucket(to)?;
        let mut absent = Vec::new();
        for (key, versions) in &self.bucket(from)?.keys {
            let of_key = versions
                .iter()
                .filter(|version| !to.has_copy(key, version) && !to.has_newer(key, version));
            absent.extend(of_key.map(|version| MissingReplica {
                key: key.clone(),
                version: version.number,
                modified_us: calendar(version.written),
                marker: version.marker,
            }));
        }
        Some(absent)
    }
}

#[cfg(test)]
mod tests;
