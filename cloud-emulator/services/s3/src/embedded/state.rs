//! The store without HTTP: what scenarios declare and what audits of state read.

use bytes::Bytes;

use super::bucket::{Bucket, State};
use super::checksum::Checksum;
use super::conditions::Conditions;
use super::error::StoreError;
use super::ids::VersionId;
use super::object::{ETag, Object};
use super::store::Store;
use super::versions::{Replication, Version, Versioning};
use std::sync::Arc;

/// An object to write, with a digest that its producer computed.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The key.
    pub key: String,
    /// The bytes.
    pub body: Bytes,
    /// `LastModified`: microseconds since the Unix epoch, usually in the past.
    pub modified_us: i64,
    /// The SHA-256 of the body, stored with the object as if the client had sent it. Without one, S3's
    /// default checksum is stored.
    pub sha256: Option<[u8; 32]>,
}

/// A current object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// The key.
    pub key: Arc<str>,
    /// The current version.
    pub version: VersionId,
    /// Its length in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: ETag,
    /// Microseconds since the Unix epoch.
    pub modified_us: i64,
    /// How far its replication has come.
    pub replication: Replication,
}

/// A version as it lies in storage.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Which version it is.
    pub version: VersionId,
    /// Microseconds since the Unix epoch.
    pub modified_us: i64,
    /// How far its replication has come.
    pub replication: Replication,
    /// `None` for a delete marker.
    pub object: Option<Arc<Object>>,
}

impl Stored {
    fn from_version(version: &Version) -> Stored {
        Stored {
            version: version.id,
            modified_us: version.modified_us,
            replication: version.replication,
            object: version.object.clone(),
        }
    }
}

impl Store {
    /// Makes a bucket as a scenario declares it.
    ///
    /// # Errors
    /// The name is taken or invalid, or this cloud has no such region.
    pub fn create_bucket(&self, name: &str, region: &str, versioned: bool) -> Result<(), StoreError> {
        let state = State {
            versioning: if versioned {
                Versioning::Enabled
            } else {
                Versioning::Off
            },
            ..State::default()
        };
        self.add_bucket(name, region, Arc::from(super::OWNER_ID), state)
            .map(drop)
    }

    /// Puts an object that was there before the drill: no event, and where its age belongs among the
    /// versions of its key. In a bucket without versioning it replaces what is there.
    ///
    /// # Errors
    /// No such bucket; memory is used up.
    pub fn seed(&self, bucket: &str, seed: Seed) -> Result<VersionId, StoreError> {
        let bucket = self.bucket(bucket)?;
        let mut object = Object::plain(self.hold(&seed.body)?);
        if let Some(digest) = seed.sha256 {
            object.checksum = Some(Checksum::sha256(digest));
        }
        let charge = self.version_charge(&seed.key)?;
        let key: Arc<str> = Arc::from(seed.key);
        bucket.write(|state| {
            let id = match state.versioning {
                Versioning::Enabled => self.version_ids.version(),
                Versioning::Off | Versioning::Suspended => VersionId::NULL,
            };
            let version = Version {
                id,
                modified_us: seed.modified_us,
                replication: Replication::None,
                object: Some(Arc::new(object)),
                _charge: charge,
            };
            state.keys.insert_by_age(&key, version);
            id
        })
    }

    /// Writes an object as a client's `PutObject` would.
    ///
    /// # Errors
    /// No such bucket; memory is used up.
    pub fn write(&self, bucket: &str, key: &str, body: &[u8]) -> Result<Option<VersionId>, StoreError> {
        let bucket = self.bucket(bucket)?;
        let object = Object::plain(self.hold(body)?);
        Ok(self.put(&bucket, key, object, &Conditions::NONE)?.version)
    }

    /// The current objects, by key.
    ///
    /// # Errors
    /// No such bucket.
    pub fn current(&self, bucket: &str) -> Result<Vec<Current>, StoreError> {
        self.bucket(bucket)?.read(|state| {
            let live = state.keys.iter();
            live.filter_map(|(key, entry)| {
                let object = entry.current()?;
                Some(Current {
                    key: key.clone(),
                    version: entry.newest.id,
                    size: object.size(),
                    etag: object.etag,
                    modified_us: entry.newest.modified_us,
                    replication: entry.newest.replication,
                })
            })
            .collect()
        })
    }

    /// All versions and markers of a key, newest first.
    ///
    /// # Errors
    /// No such bucket.
    pub fn versions(&self, bucket: &str, key: &str) -> Result<Vec<Stored>, StoreError> {
        self.bucket(bucket)?.read(|state| {
            let entry = state.keys.get(key);
            entry
                .map(|e| e.versions().map(Stored::from_version).collect())
                .unwrap_or_default()
        })
    }

    /// A version as it lies in storage, without any check; the current one when none is named.
    ///
    /// # Errors
    /// No such bucket, key or version.
    pub fn read(&self, bucket: &str, key: &str, version: Option<VersionId>) -> Result<Stored, StoreError> {
        self.bucket(bucket)?.read(|state| {
            let entry = state
                .keys
                .get(key)
                .ok_or_else(|| StoreError::NoSuchKey(key.to_owned()))?;
            match version {
                None => Ok(Stored::from_version(&entry.newest)),
                Some(id) => entry
                    .find(id)
                    .map(Stored::from_version)
                    .ok_or(StoreError::NoSuchVersion),
            }
        })?
    }

    /// The names of all buckets with their home regions.
    pub fn buckets(&self) -> Vec<(Arc<str>, Arc<str>)> {
        let bucket = |b: Arc<Bucket>| (b.name.clone(), b.region.clone());
        self.all_buckets().into_iter().map(bucket).collect()
    }

    /// Whether a bucket keeps versions.
    ///
    /// # Errors
    /// No such bucket.
    pub fn versioning(&self, bucket: &str) -> Result<Versioning, StoreError> {
        self.bucket(bucket)?.read(|state| state.versioning)
    }

    /// A bucket's replication configuration.
    ///
    /// # Errors
    /// No such bucket.
    pub fn replication(
        &self,
        bucket: &str,
    ) -> Result<Option<s3s::dto::ReplicationConfiguration>, StoreError> {
        self.bucket(bucket)?
            .read(|state| state.config.replication.clone())
    }

    /// Sets or removes a bucket's replication configuration, unchecked.
    ///
    /// # Errors
    /// No such bucket.
    pub fn set_replication(
        &self,
        bucket: &str,
        configuration: Option<s3s::dto::ReplicationConfiguration>,
    ) -> Result<(), StoreError> {
        let bucket = self.bucket(bucket)?;
        bucket.write(|state| self.configure_replication(&bucket, state, configuration))
    }

    pub(crate) fn hold(&self, body: &[u8]) -> Result<Bytes, StoreError> {
        let limit = self.options.largest_body.0;
        if body.len() as u64 > limit {
            return Err(StoreError::TooLarge { limit });
        }
        Ok(self.meter.copy(body)?)
    }
}
