//! A bucket: its keys, its uploads under way, its configuration, behind one lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::config::Config;
use super::error::StoreError;
use super::multipart::Upload;
use super::versions::{Keys, Versioning};

/// One bucket. Its name is unique among all regions.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) name: Arc<str>,
    /// The account that made it.
    pub(crate) owner: Arc<str>,
    /// Its home.
    pub(crate) region: Arc<str>,
    pub(crate) created_us: i64,
    pub(crate) state: RwLock<State>,
}

/// What a bucket holds.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The bucket was deleted while a request was on its way.
    pub(crate) gone: bool,
    pub(crate) versioning: Versioning,
    pub(crate) keys: Keys,
    /// By key and upload id.
    pub(crate) uploads: BTreeMap<(Arc<str>, u128), Upload>,
    pub(crate) config: Box<Config>,
}

impl Bucket {
    /// Reads under the lock.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&State) -> T) -> Result<T, StoreError> {
        let state = self.state.read();
        if state.gone {
            Err(StoreError::NoSuchBucket(self.name.to_string()))
        } else {
            Ok(f(&state))
        }
    }

    /// Changes it under the lock.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut state = self.state.write();
        if state.gone {
            Err(StoreError::NoSuchBucket(self.name.to_string()))
        } else {
            Ok(f(&mut state))
        }
    }
}
