//! Keyed stores, whatever service they are of: how their values are listed, read and written.
//!
//! ```text
//!   writers, probes, audits ──► OpenStore ◄── KeyedStoreAccess of s3, …   found by the store's kind
//! ```

use async_trait::async_trait;
use bytes::Bytes;
use cloud_emulator::cloud::Cloud;
use drill::journal::StepError;
use drill::ledger::Sha256Digest;
use drill::resource::ResourceKind;
use drill::units::DrillTime;
use runtime::clock::Clock;

use super::clients::{AuditClients, PrincipalClients};

/// How the values of one kind of keyed store are reached. One line in `services/mod.rs` registers it.
pub(crate) trait KeyedStoreAccess: Sync {
    /// The kind of the stores.
    fn kind(&self) -> ResourceKind;

    /// One store in one region.
    fn open<'a>(&self, access: StoreAccess<'a>) -> Box<dyn OpenStore + 'a>;
}

/// A store that is to be opened, and by whom.
pub(crate) struct StoreAccess<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) clock: &'a Clock,
    /// The clients of writers or probes; none for audits.
    pub(crate) clients: Option<&'a PrincipalClients>,
    pub(crate) auditor: &'a AuditClients,
    /// AWS's name of the store.
    pub(crate) name: String,
    /// The label of its region.
    pub(crate) region: &'a str,
}

/// Who reaches a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreUser {
    /// A writer, whose writes stand in the ledger.
    Writer,
    /// A probe.
    Probe,
    /// An audit, which no outage stands in the way of.
    Audit,
}

/// A store in one region, as one principal reaches it. Errors are those of the service.
#[async_trait]
pub(crate) trait OpenStore: Send + Sync {
    /// The values whose keys begin with `prefix` and come after `after`, in order of their keys.
    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<ListedValue>, StepError>;

    /// The value of a key.
    async fn read(&self, key: &str) -> Result<StoredValue, StepError>;

    /// Writes a value.
    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), StepError>;

    /// Deletes a value.
    async fn delete(&self, key: &str) -> Result<(), StepError>;

    /// Whether an error says that the value, or the store, is not there.
    fn is_missing(&self, error: &StepError) -> bool;

    /// Since when the value of a key is readable that the store dates so: at the latest now.
    fn readable_at(&self, key: &str, date: Option<StoreDate>) -> DrillTime;

    /// Keys that were written by what the cloud knows, also where listings leave them out; none where nothing is known.
    fn known_keys(&self, _prefix: &str) -> Vec<String> {
        Vec::new()
    }

    /// How many copies to the other region are on their way now.
    fn pending_copies(&self) -> u64 {
        0
    }
}

/// The date that a store gives a value, in Unix microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreDate(pub(crate) i64);

/// A value in a listing.
#[derive(Clone, Debug)]
pub(crate) struct ListedValue {
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
    /// The same for the same value.
    pub(crate) tag: String,
    pub(crate) date: Option<StoreDate>,
}

/// A value that was read.
#[derive(Clone, Debug)]
pub(crate) struct StoredValue {
    pub(crate) bytes: Bytes,
    pub(crate) digest: Sha256Digest,
    pub(crate) date: Option<StoreDate>,
}

/// How the stores of every kind are reached.
#[derive(Clone)]
pub(crate) struct KeyedStores(Vec<&'static dyn KeyedStoreAccess>);

impl KeyedStores {
    pub(crate) fn new(all: impl IntoIterator<Item = &'static dyn KeyedStoreAccess>) -> KeyedStores {
        KeyedStores(all.into_iter().collect())
    }

    /// How stores of this kind are.
    pub(crate) fn of_kind(&self, kind: ResourceKind) -> &'static dyn KeyedStoreAccess {
        let known = self.0.iter().find(|access| access.kind() == kind);
        *known.expect("every kind of keyed store is registered")
    }
}
