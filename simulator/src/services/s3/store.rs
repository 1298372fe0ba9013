//! Buckets as keyed stores: keys are those of objects, values are their bodies.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::DateTime;
use cloud_emulator::client::ask;
use drill::journal::StepError;
use drill::resource::ResourceKind;
use drill::services::s3::BUCKET;
use drill::units::DrillTime;

use crate::conductor::store::{
    KeyedStoreAccess, ListedValue, OpenStore, StoreAccess, StoreDate, StoredValue,
};

/// The access to buckets.
pub(super) struct Buckets;

impl KeyedStoreAccess for Buckets {
    fn kind(&self) -> ResourceKind {
        BUCKET
    }

    fn open<'a>(&self, access: StoreAccess<'a>) -> Box<dyn OpenStore + 'a> {
        let client = match access.clients {
            Some(clients) => clients.s3.at(access.region).client(),
            None => access.auditor.s3(),
        };
        Box::new(Bucket { access, client })
    }
}

/// A bucket in one region.
struct Bucket<'a> {
    access: StoreAccess<'a>,
    client: &'a Client,
}

#[async_trait]
impl OpenStore for Bucket<'_> {
    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<ListedValue>, StepError> {
        let listed = ask::list_after(self.client, &self.access.name, prefix, after).await?;
        let value = |object: ask::Listed| ListedValue {
            key: object.key,
            size: object.size.unsigned_abs(),
            tag: object.etag,
            date: date_of(object.last_modified),
        };
        Ok(listed.into_iter().map(value).collect())
    }

    async fn read(&self, key: &str) -> Result<StoredValue, StepError> {
        let body = ask::read_raw(self.client, &self.access.name, key).await?;
        Ok(StoredValue {
            bytes: body.bytes,
            digest: body.digest,
            date: date_of(body.last_modified),
        })
    }

    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), StepError> {
        ask::put(self.client, &self.access.name, key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StepError> {
        ask::delete(self.client, &self.access.name, key).await
    }

    fn is_missing(&self, error: &StepError) -> bool {
        ask::is_missing(error)
    }

    /// The store's date as drill time. Other endpoints date by the wall; there it is when the gateway had the answer to its
    /// write, and at the latest now.
    fn readable_at(&self, key: &str, date: Option<StoreDate>) -> DrillTime {
        let StoreAccess {
            cloud, clock, name, ..
        } = &self.access;
        let s3 = cloud.storage();
        if s3.is_remote() {
            s3.written_at(name, key).unwrap_or_else(|| clock.now())
        } else {
            let zero_us = clock.calendar_us_at(DrillTime::ZERO);
            DrillTime::from_us(date.map_or(zero_us, |date| date.0) - zero_us)
        }
    }

    /// Paged listings of some endpoints lose keys; the gateway has an index of those.
    fn known_keys(&self, prefix: &str) -> Vec<String> {
        self.access.cloud.storage().known_keys(&self.access.name, prefix)
    }

    fn pending_copies(&self) -> u64 {
        self.access.cloud.replicator().progress(&self.access.name).pending
    }
}

fn date_of(date: Option<DateTime>) -> Option<StoreDate> {
    let us = i64::try_from(date?.as_nanos() / 1_000).ok()?;
    Some(StoreDate(us))
}
