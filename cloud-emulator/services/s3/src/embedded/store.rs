//! The versioned store: buckets by name, and the writes that everything else is made of.
//!
//! ```text
//!  HTTP ──► s3s ──► service, ops/ ─┐                        ┌─ Bucket ─ lock ─ Keys ─ Entry ─ Version ─ Object
//!  faults, history ── damage.rs ───┼──► Store ──► buckets ──┤
//!  replicator ─────── replica.rs ──┘       │                └─ …
//!                                          └──► Observer: one Change per acknowledged write or delete
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use drill::units::ByteSize;
use parking_lot::RwLock;

use super::bucket::{Bucket, State};
use super::calendar::Calendar;
use super::change::Observer;
use super::error::StoreError;
use super::ids::Ids;
use super::meter::{Charge, MemoryMeter, OutOfMemory, VERSION_OVERHEAD};

/// How many buckets there may be (AWS's default quota for an account).
const MOST_BUCKETS: usize = 10_000;

/// What a store is made with.
#[derive(Clone)]
pub struct StoreOptions {
    /// The regions of this cloud; the first is the default one.
    pub regions: Vec<String>,
    /// The run's seed; version and upload ids are drawn from it.
    pub seed: u64,
    /// All bodies, keys and versions together.
    pub memory: ByteSize,
    /// The largest body of one request.
    pub largest_body: ByteSize,
    /// The drill's calendar: every `LastModified` comes from it.
    pub calendar: Calendar,
    /// Is told every acknowledged write and delete.
    pub observer: Option<Observer>,
}

/// The embedded S3 of all regions of a cloud.
pub struct Store {
    pub(crate) options: StoreOptions,
    pub(crate) meter: Arc<MemoryMeter>,
    pub(crate) version_ids: Ids,
    pub(crate) upload_ids: Ids,
    regions: Vec<Arc<str>>,
    buckets: RwLock<BTreeMap<Arc<str>, Arc<Bucket>>>,
}

impl Store {
    /// An empty store.
    pub fn new(options: StoreOptions) -> Arc<Store> {
        Arc::new(Store {
            meter: MemoryMeter::new(options.memory.0),
            version_ids: Ids::new(options.seed, "s3/version"),
            upload_ids: Ids::new(options.seed, "s3/upload"),
            regions: options.regions.iter().map(|r| Arc::from(r.as_str())).collect(),
            buckets: RwLock::default(),
            options,
        })
    }

    /// Bytes held now: bodies, keys and what versions cost.
    pub fn bytes_used(&self) -> u64 {
        self.meter.used()
    }

    /// The largest body of one request in bytes.
    pub(crate) fn largest_body(&self) -> u64 {
        self.options.largest_body.0
    }

    /// Now, on the drill's calendar: microseconds since the Unix epoch.
    pub fn now_us(&self) -> i64 {
        (self.options.calendar)()
    }

    /// This cloud's region of that name.
    pub fn region(&self, name: &str) -> Option<&Arc<str>> {
        self.regions.iter().find(|r| &***r == name)
    }

    /// The home region of a bucket.
    pub fn region_of(&self, bucket: &str) -> Option<Arc<str>> {
        Some(self.buckets.read().get(bucket)?.region.clone())
    }

    /// The bytes that a reader of a key would get now, if there are any.
    pub(crate) fn current_body(&self, bucket: &str, key: &str) -> Option<Bytes> {
        let bucket = self.bucket(bucket).ok()?;
        let body = |state: &State| Some(state.keys.get(key)?.current()?.body.clone());
        bucket.read(body).ok().flatten()
    }

    /// All buckets, by name.
    pub(crate) fn all_buckets(&self) -> Vec<Arc<Bucket>> {
        self.buckets.read().values().cloned().collect()
    }

    pub(crate) fn bucket(&self, name: &str) -> Result<Arc<Bucket>, StoreError> {
        let found = self.buckets.read().get(name).cloned();
        found.ok_or_else(|| StoreError::NoSuchBucket(name.to_owned()))
    }

    /// Adds an empty bucket.
    ///
    /// # Errors
    /// The name is taken or invalid, the region is unknown, or there are too many buckets.
    pub(crate) fn add_bucket(
        &self,
        name: &str,
        region: &str,
        owner: Arc<str>,
        state: State,
    ) -> Result<Arc<Bucket>, StoreError> {
        if !s3s::path::check_bucket_name(name) {
            return Err(StoreError::InvalidBucketName(name.to_owned()));
        }
        let region = self
            .region(region)
            .ok_or_else(|| StoreError::InvalidRegion(region.to_owned()))?;
        let bucket = Arc::new(Bucket {
            name: Arc::from(name),
            owner,
            region: region.clone(),
            created_us: self.now_us(),
            state: RwLock::new(state),
        });
        let mut buckets = self.buckets.write();
        if buckets.contains_key(name) {
            return Err(StoreError::BucketExists(name.to_owned()));
        }
        if buckets.len() >= MOST_BUCKETS {
            return Err(StoreError::TooManyBuckets);
        }
        buckets.insert(bucket.name.clone(), bucket.clone());
        Ok(bucket)
    }

    /// Removes a bucket; unless `force`, only an empty one.
    pub(crate) fn remove_bucket(&self, name: &str, force: bool) -> Result<(), StoreError> {
        let mut buckets = self.buckets.write();
        let bucket = buckets
            .get(name)
            .cloned()
            .ok_or_else(|| StoreError::NoSuchBucket(name.to_owned()))?;
        let content = bucket.write(|state| {
            if !force && !state.keys.is_empty() {
                return Err(StoreError::BucketNotEmpty);
            }
            state.gone = true;
            Ok((
                std::mem::take(&mut state.keys),
                std::mem::take(&mut state.uploads),
            ))
        })??;
        buckets.remove(name);
        // A million objects take their time to be freed, which must not block a caller.
        drop(buckets);
        drop(content);
        Ok(())
    }

    /// Pays for a version of `key`.
    pub(crate) fn version_charge(&self, key: &str) -> Result<Charge, OutOfMemory> {
        self.meter.charge(VERSION_OVERHEAD + key.len() as u64)
    }
}
