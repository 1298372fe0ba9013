//! The S3 of other endpoints, one for each region or one for all: LocalStack, moto, or any that speaks S3.
//!
//! ```text
//!   gateway ── raw request ──► serve ──► the endpoint of the bucket's region ──► raw answer
//!                                │                                                  │
//!                                └────────────► Index ◄── what was acknowledged ────┘
//!                                                 │
//!   faults ── inject ───┐                         │
//!   history ── declared ┼─────────────────────────┴──► Change ──► observer
//!   replicator ─ replicas
//! ```
//!
//! Requests for the buckets of the drill pass as they are, and so do the answers; names of buckets that were not made
//! through the gateway are refused. What such endpoints do not do is done here: one namespace of buckets over
//! all regions, copies between regions, replication configurations and AWS's refusal to suspend versioning under one,
//! the status of replication, and damage in storage, which no API of theirs can bring about: the bytes of a damaged
//! version are altered for everybody who reads them.

mod about;
mod as_storage;
mod buckets;
mod copies;
mod damage;
mod declared;
mod deletions;
mod direct;
mod documents;
mod index;
mod injection;
mod listings;
mod refusals;
mod region;
mod remote_s3;
mod replicas;
mod serve;
mod tags;
mod turns;

pub use cloud_service::Endpoint;

pub use self::remote_s3::{Remote, RemoteOptions};

#[cfg(test)]
mod tests;
