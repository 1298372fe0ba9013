//! The writes and deletes that every operation is made of, each in one step under its bucket's lock.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::ReplicationConfiguration;

use super::bucket::{Bucket, State};
use super::change::{Change, ChangeKind};
use super::conditions::Conditions;
use super::config::Config;
use super::error::StoreError;
use super::found::find;
use super::ids::VersionId;
use super::object::Object;
use super::store::Store;
use super::versions::{Replication, Version, Versioning};
use crate::replication::rules;

/// A write that took effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// `None` in a bucket that never was versioned.
    pub(crate) version: Option<VersionId>,
    pub(crate) modified_us: i64,
}

impl Written {
    /// As the answer to a write names it: AWS does not name the version `null`.
    pub(crate) fn shown(&self) -> Option<String> {
        let named = self.version.filter(|version| !version.is_null());
        named.map(|version| version.to_string())
    }
}

/// A delete that took effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// The version that was removed, or the marker that was added.
    pub(crate) version: Option<VersionId>,
    /// A marker was added or removed.
    pub(crate) marker: bool,
}

impl Store {
    /// Writes a new current version, if the conditions hold.
    pub(crate) fn put(
        &self,
        bucket: &Bucket,
        key: &str,
        object: Object,
        conditions: &Conditions,
    ) -> Result<Written, StoreError> {
        self.put_after(bucket, key, object, conditions, |_| Ok(()))
    }

    /// Like [`Store::put`], in one step with `first`, which may still refuse.
    pub(crate) fn put_after(
        &self,
        bucket: &Bucket,
        key: &str,
        object: Object,
        conditions: &Conditions,
        first: impl FnOnce(&mut State) -> Result<(), StoreError>,
    ) -> Result<Written, StoreError> {
        let charge = self.version_charge(key)?;
        let key: Arc<str> = Arc::from(key);
        let object = Arc::new(object);
        bucket.write(|state| {
            conditions.check_write(state.keys.get(&key))?;
            first(state)?;
            let mut version = Version {
                id: match state.versioning {
                    Versioning::Enabled => self.version_ids.version(),
                    Versioning::Off | Versioning::Suspended => VersionId::NULL,
                },
                modified_us: self.now_us(),
                replication: Replication::None,
                object: Some(object),
                _charge: charge,
            };
            let written = Written {
                version: (state.versioning != Versioning::Off).then_some(version.id),
                modified_us: version.modified_us,
            };
            self.announce(bucket, &state.config, &key, &mut version, ChangeKind::Put);
            state.keys.put(&key, version);
            Ok(written)
        })?
    }

    /// Deletes a key: adds a marker where versions are kept, else removes the object.
    pub(crate) fn delete(
        &self,
        bucket: &Bucket,
        key: &str,
        conditions: &Conditions,
    ) -> Result<Deleted, StoreError> {
        let charge = self.version_charge(key)?;
        let key: Arc<str> = Arc::from(key);
        bucket.write(|state| {
            conditions.check_delete(state.keys.get(&key).map(|entry| &entry.newest))?;
            if state.versioning == Versioning::Off {
                if let Some(version) = state.keys.remove_version(&key, VersionId::NULL) {
                    self.notify(bucket, &key, &version, ChangeKind::VersionDeleted, false);
                }
                return Ok(Deleted::default());
            }
            let mut marker = Version {
                id: match state.versioning {
                    Versioning::Enabled => self.version_ids.version(),
                    Versioning::Off | Versioning::Suspended => VersionId::NULL,
                },
                modified_us: self.now_us(),
                replication: Replication::None,
                object: None,
                _charge: charge,
            };
            let deleted = Deleted {
                version: Some(marker.id),
                marker: true,
            };
            self.announce(bucket, &state.config, &key, &mut marker, ChangeKind::DeleteMarker);
            state.keys.put(&key, marker);
            Ok(deleted)
        })?
    }

    /// Removes one version for good. A version that is not there is no error, as with AWS.
    pub(crate) fn delete_version(
        &self,
        bucket: &Bucket,
        key: &str,
        id: VersionId,
        bypass_governance: bool,
        conditions: &Conditions,
    ) -> Result<Deleted, StoreError> {
        bucket.write(|state| {
            let found = state.keys.get(key).and_then(|entry| entry.find(id));
            conditions.check_delete(found)?;
            if let Some(object) = found.and_then(|version| version.object.as_deref())
                && object.is_locked(self.now_us(), bypass_governance)
            {
                return Err(StoreError::Locked);
            }
            let mut deleted = Deleted {
                version: Some(id),
                marker: false,
            };
            if let Some(version) = state.keys.remove_version(key, id) {
                deleted.marker = version.object.is_none();
                let key = Arc::from(key);
                self.notify(bucket, &key, &version, ChangeKind::VersionDeleted, false);
            }
            Ok(deleted)
        })?
    }

    /// Changes what belongs to a version besides its body: tags, grants, protection.
    pub(crate) fn amend<T>(
        &self,
        bucket: &Bucket,
        key: &str,
        id: Option<VersionId>,
        change: impl FnOnce(&State, &mut Object) -> S3Result<T>,
    ) -> S3Result<(T, Option<VersionId>)> {
        bucket.write(|state| {
            let found = find(state, key, id)?;
            let mut object = Object::clone(&found.object);
            let changed = change(state, &mut object)?;
            let entry = state.keys.get_mut(key);
            if let Some(version) = entry.and_then(|entry| entry.find_mut(found.id)) {
                version.object = Some(Arc::new(object));
            }
            Ok((changed, found.version))
        })?
    }

    /// Sets or removes the replication configuration, and tells the observer.
    pub(crate) fn configure_replication(
        &self,
        bucket: &Bucket,
        state: &mut State,
        configuration: Option<ReplicationConfiguration>,
    ) {
        state.config.replication = configuration;
        let Some(observer) = &self.options.observer else {
            return;
        };
        observer(Change {
            bucket: bucket.name.clone(),
            key: Arc::from(""),
            version: VersionId::NULL,
            kind: ChangeKind::ReplicationSet,
            modified_us: self.now_us(),
            replica: false,
            copy_to: rules::destinations(state.config.replication.as_ref()),
        });
    }

    /// Tells the observer of a client's write. One that is to be copied is pending from here on.
    fn announce(
        &self,
        bucket: &Bucket,
        config: &Config,
        key: &Arc<str>,
        version: &mut Version,
        kind: ChangeKind,
    ) {
        let Some(observer) = &self.options.observer else {
            return;
        };
        let tags = version.object.as_ref().map_or(&[][..], |object| object.tags());
        let stays = version
            .object
            .as_ref()
            .is_some_and(|object| object.is_never_replicated());
        let copy_to = match &config.replication {
            Some(configuration) if !version.id.is_null() && !stays => {
                rules::targets(configuration, key, tags, kind)
            }
            _ => Vec::new(),
        };
        if !copy_to.is_empty() {
            version.replication = Replication::Pending;
        }
        observer(Change {
            copy_to,
            ..Change::new(bucket, key, version, kind)
        });
    }

    /// Tells the observer of what is not to be copied. Called under the bucket's lock, so that events have
    /// the order of their effects.
    pub(crate) fn notify(
        &self,
        bucket: &Bucket,
        key: &Arc<str>,
        version: &Version,
        kind: ChangeKind,
        replica: bool,
    ) {
        if let Some(observer) = &self.options.observer {
            observer(Change {
                replica,
                ..Change::new(bucket, key, version, kind)
            });
        }
    }
}
