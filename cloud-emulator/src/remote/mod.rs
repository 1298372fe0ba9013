//! The S3 of other endpoints, one for each region or one for all: LocalStack, moto, or any that speaks S3.
//!
//! ```text
//!   gateway ── raw request ──► serve ──► the endpoint of the bucket's region ──► raw answer
//!                                │                                                  │
//!                                └────────────► Index ◄── what was acknowledged ────┘
//!                                                 │
//!   faults ── strikes ──┐                         │
//!   history ── declared ┼─────────────────────────┴──► Change ──► observer
//!   replicator ─ replicas
//! ```
//!
//! Requests for the buckets of the drill pass as they are, and so do the answers; names of buckets that nobody made
//! through the gateway are refused. What such endpoints do not do is done here: one namespace of buckets over
//! all regions, copies between regions, replication configurations and AWS's refusal to suspend versioning under one,
//! the status of replication, and damage in storage, which no API of theirs can bring about: the bytes of a damaged
//! version are altered for everybody who reads them.

mod buckets;
mod copies;
mod damage;
mod declared;
mod deletions;
mod direct;
mod documents;
mod index;
mod listings;
mod replicas;
mod serve;
mod strikes;
mod tags;
mod turns;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::config::Credentials;
use drill::units::DrillTime;
use http::StatusCode;
use http::uri::Authority;
use parking_lot::Mutex;
use runtime::Clock;

pub(crate) use self::declared::Past;
use self::direct::Region;
use self::index::Index;
use self::turns::Turns;
use crate::client::{Connections, KeyPair, Sent};
use crate::gateway::{AwsError, Passing};
use crate::s3::{Absent, Change, Observer};

/// The endpoint of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// AWS's name of the region.
    pub region: String,
    /// Host and port; it speaks plain HTTP.
    pub to: Authority,
}

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
    regions: Vec<Region>,
    index: Mutex<Index>,
    turns: Turns,
    passing: Passing,
    /// What has gone to the endpoints, which bounds what is read there.
    sent: Sent,
    credentials: Credentials,
    clock: Clock,
    seed: u64,
    observer: Observer,
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

    /// The seed of damage.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
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
    pub(crate) fn absent(&self, from: &str, to: &str) -> Option<Vec<Absent>> {
        let calendar = |at: DrillTime| self.clock.calendar_us_at(at);
        self.index.lock().absent(from, to, calendar)
    }

    /// A fault has taken the endpoint of this region, or given it back. As long as it is away, requests to it are
    /// answered at once, the audit's too: nobody waits for what is known not to come.
    pub(crate) fn set_down(&self, region: &str, down: bool) {
        if let Some(region) = self.region(region) {
            region.set_down(down);
        }
    }

    /// Everything in this region is gone for good: buckets and what was in them.
    pub(crate) fn forget(&self, region: &str) {
        self.index.lock().forget(region);
    }

    fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| &*region.name == name)
    }

    /// The region of this name; the first if there is none.
    fn region_or_first(&self, name: &str) -> &Region {
        self.region(name).unwrap_or(&self.regions[0])
    }

    /// Where a bucket is, straight.
    fn home(&self, bucket: &str) -> Result<&Region, AwsError> {
        let region = self.region_of(bucket);
        let region = region.and_then(|name| self.region(&name));
        region.ok_or_else(no_such_bucket)
    }

    /// Remembers a write and tells the replicator.
    fn note(&self, bucket: &str, key: &str, written: index::Written) {
        // Both under one lock: the replicator hears of the writes of a key in the order in which they are known.
        let mut index = self.index.lock();
        let modified_us = self.clock.calendar_us();
        if let Some(change) = index.write(bucket, key, written, modified_us) {
            (self.observer)(change);
        }
    }

    fn tell(&self, change: Change) {
        (self.observer)(change);
    }
}

fn no_such_bucket() -> AwsError {
    AwsError::new(
        StatusCode::NOT_FOUND,
        "NoSuchBucket",
        "The specified bucket does not exist",
    )
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let to: HashMap<&str, &str> = self.regions.iter().map(|r| (&*r.name, r.to.as_str())).collect();
        f.debug_struct("Remote").field("to", &to).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
