//! The S3 of other endpoints: what it is made of, and what is known without asking them.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::config::Credentials;
use drill::units::DrillTime;
use parking_lot::Mutex;
use runtime::Clock;

use cloud_service::Endpoint;

use super::index::{Index, Written};
use super::refusals::no_such_bucket;
use super::region::Region;
use super::turns::Turns;
use crate::embedded::{Change, MissingReplica, Observer};
use cloud_client::{Connections, KeyPair, Sent};
use cloud_gateway::{AwsError, Passing};

/// What a foreign S3 is made with.
pub struct RemoteOptions {
    /// In the order of the regions; several may share one address.
    pub endpoints: Vec<Endpoint>,
    /// What requests to the endpoints are signed with, our own and those that are passed on; emulators do not ask whose
    /// it is.
    pub keys: KeyPair,
    /// Drill time.
    pub clock: Clock,
    /// The seed of damage.
    pub seed: u64,
    /// Is told every acknowledged write and delete that goes through the gateway.
    pub observer: Observer,
}

/// The S3 of other endpoints.
pub struct Remote {
    pub(super) regions: Vec<Region>,
    pub(super) index: Mutex<Index>,
    pub(super) turns: Turns,
    pub(super) passing: Passing,
    /// What has gone to the endpoints, which bounds what is read there.
    pub(super) sent: Sent,
    pub(super) credentials: Credentials,
    pub(super) clock: Clock,
    pub(super) seed: u64,
    pub(super) observer: Observer,
}

impl Remote {
    /// Nothing is asked of the endpoints yet, and nothing is known of what they hold.
    pub fn new(options: RemoteOptions) -> Arc<Remote> {
        let sent = Sent::default();
        let connections = Connections::counted(&sent);
        let region = |endpoint: &Endpoint| Region::new(endpoint, &connections, &options.keys);
        Arc::new(Remote {
            regions: options.endpoints.iter().map(region).collect(),
            index: Mutex::default(),
            turns: Turns::default(),
            passing: Passing::new(),
            sent,
            credentials: Credentials::new(
                &options.keys.access_key,
                &options.keys.secret_key,
                None,
                None,
                "firedrill",
            ),
            clock: options.clock,
            seed: options.seed,
            observer: options.observer,
        })
    }

    /// The regions, in their order.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &Arc<str>> {
        self.regions.iter().map(|region| &region.name)
    }

    /// The home region of a bucket that was made through the gateway.
    pub(crate) fn region_of(&self, bucket: &str) -> Option<Arc<str>> {
        Some(self.index.lock().bucket(bucket)?.region.clone())
    }

    /// When the current version of a key was acknowledged, or its copy was made, as far as it went through the
    /// gateway.
    pub(crate) fn written_at(&self, bucket: &str, key: &str) -> Option<DrillTime> {
        let index = self.index.lock();
        Some(index.version_called(bucket, key, None)?.acknowledged)
    }

    /// The keys of which a current object is known, with this prefix.
    pub(crate) fn known_keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let index = self.index.lock();
        let Some(bucket) = index.bucket(bucket) else {
            return Vec::new();
        };
        let current = |key: &&Arc<str>| bucket.versions(key).last().is_some_and(|version| !version.marker);
        let keys = bucket
            .keys()
            .filter(|key| key.starts_with(prefix))
            .filter(current);
        keys.map(|key| key.to_string()).collect()
    }

    /// The versions of `from` that replication can still copy to `to`, which has neither them nor newer ones; `None` if
    /// there is no such bucket.
    pub(crate) fn absent(&self, from: &str, to: &str) -> Option<Vec<MissingReplica>> {
        let calendar = |at: DrillTime| self.clock.calendar_us_at(at);
        self.index.lock().absent(from, to, calendar)
    }

    /// A fault has taken the endpoint of this region, or given it back. As long as it is away, requests to it are
    /// answered at once, the audit's too: an answer that is known not to come is not waited for.
    pub(crate) fn set_down(&self, region: &str, down: bool) {
        if let Some(region) = self.region(region) {
            region.set_down(down);
        }
    }

    /// Everything in this region is gone for good: buckets and what was in them.
    pub(crate) fn forget(&self, region: &str) {
        self.index.lock().forget(region);
    }

    pub(super) fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| &*region.name == name)
    }

    /// The region of this name; the first if there is none.
    pub(super) fn region_or_first(&self, name: &str) -> &Region {
        self.region(name).unwrap_or(&self.regions[0])
    }

    /// Where a bucket is, straight.
    pub(super) fn home(&self, bucket: &str) -> Result<&Region, AwsError> {
        let region = self.region_of(bucket);
        let region = region.and_then(|name| self.region(&name));
        region.ok_or_else(no_such_bucket)
    }

    /// Remembers a write and tells the replicator.
    pub(super) fn note(&self, bucket: &str, key: &str, written: Written) {
        // Both under one lock: the replicator hears of the writes of a key in the order in which they are known.
        let mut index = self.index.lock();
        let modified_us = self.clock.calendar_us();
        if let Some(change) = index.write(bucket, key, written, modified_us) {
            (self.observer)(change);
        }
    }

    pub(super) fn report(&self, change: Change) {
        (self.observer)(change);
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let to: HashMap<&str, &str> = self.regions.iter().map(|r| (&*r.name, r.to.as_str())).collect();
        f.debug_struct("Remote").field("to", &to).finish_non_exhaustive()
    }
}
