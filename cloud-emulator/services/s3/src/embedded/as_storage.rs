//! The store as what S3 keeps its objects in.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_gateway::{Keys, Stands};
use drill::draw::Draws;

use super::error::StoreError;
use super::replica::MissingReplica;
use super::state::{Seed, Stored};
use super::store::Store;
use super::versions::{Replication, Versioning};
use crate::error::S3Failure;
use crate::front::Front;
use crate::past::Pasts;
use crate::protocol::EmbeddedFront;
use crate::replication::{Copy, ReplicationError, rules};
use crate::storage::Storage;

#[async_trait]
impl Storage for Store {
    fn front(self: Arc<Self>, keys: &Keys, anonymous: bool) -> Box<dyn Front> {
        Box::new(EmbeddedFront::new(&self, keys, anonymous))
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn seed(&self) -> u64 {
        self.options.seed
    }

    fn regions(&self) -> Vec<String> {
        self.options.regions.clone()
    }

    fn region_of(&self, bucket: &str) -> Option<Arc<str>> {
        Store::region_of(self, bucket)
    }

    fn has_region(&self, region: &str) -> bool {
        self.options.regions.iter().any(|known| known == region)
    }

    fn current(&self, bucket: &str, key: &str) -> Stands {
        self.current_body(bucket, key)
            .map_or(Stands::Nothing, Stands::Body)
    }

    async fn delete_current(&self, bucket: &str, key: &str) -> Result<(), S3Failure> {
        Ok(Store::delete_current(self, bucket, key).map(drop)?)
    }

    async fn purge(&self, bucket: &str, key: &str) -> Result<(), S3Failure> {
        Ok(Store::purge(self, bucket, key).map(drop)?)
    }

    async fn overwrite(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), S3Failure> {
        Ok(self.write(bucket, key, &body).map(drop)?)
    }

    fn corrupt(&self, bucket: &str, key: &str, path: &str) -> Result<(), S3Failure> {
        let draws = Draws::new(self.options.seed, path);
        Ok(Store::corrupt(self, bucket, key, &draws).map(drop)?)
    }

    async fn force_delete_bucket(&self, bucket: &str) -> Result<(), S3Failure> {
        Ok(Store::force_delete_bucket(self, bucket)?)
    }

    async fn declare_bucket(&self, bucket: &str, region: &str, versioned: bool) -> Result<(), S3Failure> {
        Ok(self.create_bucket(bucket, region, versioned)?)
    }

    async fn fill(&self, bucket: &str, replica: Option<&str>, pasts: Pasts<'_>) -> Result<(), S3Failure> {
        for past in pasts {
            let seed = Seed {
                key: past.key.clone(),
                sha256: Some(past.sha256),
                body: past.body,
                modified_us: past.modified_us,
            };
            let version = Store::seed(self, bucket, seed)?;
            if let Some(replica) = replica {
                let stored = self.read(bucket, &past.key, Some(version))?;
                self.put_replica(replica, &past.key, &stored)?;
                Store::set_replication_status(self, bucket, &past.key, version, Replication::Completed)?;
            }
        }
        Ok(())
    }

    fn absent(&self, from: &str, to: &str) -> Option<Vec<MissingReplica>> {
        Store::absent(self, from, to).ok()
    }

    async fn replicate(&self, copy: &Copy) -> Result<(), ReplicationError> {
        replicate(self, copy)
    }

    fn set_replication_status(&self, copy: &Copy, status: Replication) {
        let source = self.read(&copy.bucket, &copy.key, Some(copy.version));
        if source.is_ok_and(|source| source.replication != Replication::Failed) {
            // The version may be removed at this very moment; then there is no status to set.
            let _ = Store::set_replication_status(self, &copy.bucket, &copy.key, copy.version, status);
        }
    }
}

fn replicate(store: &Store, copy: &Copy) -> Result<(), ReplicationError> {
    let failed = |error: StoreError| ReplicationError::Failed(code(&error));
    let source = store
        .read(&copy.bucket, &copy.key, Some(copy.version))
        .map_err(|_| ReplicationError::Gone)?;
    let versioning = store.versioning(&copy.to).map_err(failed)?;
    if versioning != Versioning::Enabled {
        return Err(ReplicationError::Failed("InvalidBucketState".to_owned()));
    }
    let copied = if copy.marker {
        store.put_replica_marker(&copy.to, &copy.key, copy.version, copy.modified_us)
    } else {
        let class = storage_class(store, copy, &source);
        store.put_replica_as(&copy.to, &copy.key, &source, class.as_deref())
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
