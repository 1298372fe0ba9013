//! What faults do to storage: delete, purge, overwrite, corrupt, lose the bucket.
//!
//! Deletions and overwrites are what a client could have done, so they emit events like a client's.
//! Corruption is what no client sees: size, entity tag, date and stored checksums stay, only bytes differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use drill::draw::Draws;

use super::change::ChangeKind;
use super::conditions::Conditions;
use super::error::StoreError;
use super::ids::VersionId;
use super::object::Object;
use super::store::Store;
use super::versions::Version;

/// One byte in so many is changed by corruption, and at least one.
const CORRUPT_ONE_IN: u64 = 1024;

impl Store {
    /// Deletes a key as a client would: a marker where versions are kept. Returns the marker's id.
    ///
    /// # Errors
    /// No such bucket; memory is used up.
    pub fn delete_current(&self, bucket: &str, key: &str) -> Result<Option<VersionId>, StoreError> {
        let bucket = self.bucket(bucket)?;
        Ok(self.delete(&bucket, key, &Conditions::NONE)?.version)
    }

    /// Removes all versions and markers of a key for good. Returns how many there were.
    ///
    /// # Errors
    /// No such bucket.
    pub fn purge(&self, bucket: &str, key: &str) -> Result<usize, StoreError> {
        let bucket = self.bucket(bucket)?;
        let key: Arc<str> = Arc::from(key);
        bucket.write(|state| {
            let purged = state.keys.purge(&key);
            for version in &purged {
                self.notify(&bucket, &key, version, ChangeKind::VersionDeleted, false);
            }
            purged.len()
        })
    }

    /// Changes bytes of the current version in storage: same size, entity tag, date and stored checksums,
    /// other bytes. Which bytes, and what they become, is drawn from `draws`. Returns how many changed: 0
    /// for an empty body.
    ///
    /// # Errors
    /// No such bucket or current object; memory is used up.
    pub fn corrupt(&self, bucket: &str, key: &str, draws: &Draws) -> Result<u64, StoreError> {
        let bucket = self.bucket(bucket)?;
        bucket.write(|state| {
            let entry = state.keys.get_mut(key);
            let version: Option<&mut Version> = entry.map(|e| e.newest_mut());
            let object = version.and_then(|v| v.object.as_mut());
            let object = object.ok_or_else(|| StoreError::NoSuchKey(key.to_owned()))?;
            let (bytes, changed) = corrupted(&object.body, draws);
            let body = self.meter.copy(&bytes)?;
            let intact: &Object = object;
            *object = Arc::new(Object {
                body,
                ..intact.clone()
            });
            Ok(changed)
        })?
    }

    /// Deletes a bucket with everything in it, at once.
    ///
    /// # Errors
    /// No such bucket.
    pub fn force_delete_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        self.remove_bucket(bucket, true)
    }
}

/// Which bytes of a body of `size` bytes corruption changes, and by which bits: never none of a byte, so that no draw
/// leaves the body as it was.
pub(crate) fn damaged_places(size: u64, draws: &Draws) -> BTreeMap<u64, u8> {
    let mut places = BTreeMap::new();
    if size == 0 {
        return places;
    }
    for n in 0..size.div_ceil(CORRUPT_ONE_IN) {
        let place = draws.below(2 * n, size);
        places
            .entry(place)
            .or_insert_with(|| draws.between(2 * n + 1, 1, 255) as u8);
    }
    places
}

fn corrupted(body: &[u8], draws: &Draws) -> (Vec<u8>, u64) {
    let mut bytes = body.to_vec();
    let places = damaged_places(bytes.len() as u64, draws);
    for (place, change) in &places {
        bytes[*place as usize] ^= change;
    }
    (bytes, places.len() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn corruption_always_changes_a_body_and_never_its_size(
            body in prop::collection::vec(any::<u8>(), 1..5000),
            seed: u64,
        ) {
            let draws = Draws::new(seed, "corrupt");
            let (bytes, changed) = corrupted(&body, &draws);
            prop_assert_eq!(bytes.len(), body.len());
            let differing = bytes.iter().zip(&body).filter(|(a, b)| a != b).count() as u64;
            prop_assert_eq!(differing, changed);
            prop_assert!(changed > 0);
        }
    }
}
