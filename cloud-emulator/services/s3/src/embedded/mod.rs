//! The embedded S3: a versioned store of our own, in memory, under the `s3s` protocol library.
//!
//! ```text
//!  gateway ──► s3s (HTTP ⇄ typed requests, signatures) ──► service ──► ops/ ──┐
//!                                                                            ▼
//!  faults, history, audits of state ── state, damage ─────────────────────► store ──► Change ──► observer
//!  replicator ── replica ─────────────────────────────────────────────────┘   │
//!                                                     bucket: keys, versions, uploads, configuration
//! ```
//!
//! It is as strict as AWS where recovery depends on it: versions and delete markers, names that are global,
//! suspension of versioning refused under replication, buckets that are not empty as long as they hold a
//! version. Memory is bounded (`meter`), time is the drill's (`calendar`), ids are drawn from the seed
//! (`ids`).

mod accounts;
mod acl;
mod as_storage;
mod attributes;
mod authorize;
mod bucket;
mod calendar;
mod change;
mod checksum;
mod conditions;
mod config;
mod damage;
mod error;
mod fields;
mod found;
mod grants;
mod ids;
mod ingest;
mod listing;
mod meter;
mod multipart;
mod object;
mod operations;
mod ops;
mod policy;
mod replica;
mod restore;
mod service;
mod state;
mod store;
mod versions;
mod writes;

pub(crate) use accounts::Requester;
pub use acl::{Acl, Grantee, Permission};
pub(crate) use authorize::{Attempt, authorize};
pub use calendar::Calendar;
pub(crate) use calendar::timestamp;
pub use change::{Change, ChangeKind, Observer};
pub use checksum::{Algorithm, Checksum, Value};
pub use cloud_gateway::{Account, OWNER_ID};
pub(crate) use damage::damaged_places;
pub use error::StoreError;
pub use ids::{InvalidVersionId, VersionId};
pub(crate) use listing::url_encoded;
pub use object::{ETag, Encryption, Extra, Headers, Object, Part, Retention};
pub(crate) use ops::documents;
pub(crate) use ops::{Homeless, home_of_new};
pub use replica::MissingReplica;
pub use restore::{Restore, Speed};
pub use service::Service;
pub(crate) use service::{Status, UnquotedTag};
pub use state::{Current, Seed, Stored};
pub use store::{Store, StoreOptions};
pub use versions::{Replication, Versioning};
