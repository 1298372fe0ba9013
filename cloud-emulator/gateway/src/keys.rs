//! The key pairs of a run, and whose they are.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;
use s3s::auth::SecretKey;

use super::account::Account;
use super::principal::Principal;
use super::usage::UsageCounters;

/// A key pair of this run.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The access key id.
    pub id: String,
    /// The secret.
    pub secret: SecretKey,
    /// Whose it is.
    pub principal: Principal,
    /// The account that it belongs to.
    pub account: Account,
}

impl AccessKey {
    /// A key pair of the account that owns everything.
    pub fn new(id: &str, secret: &str, principal: Principal) -> AccessKey {
        AccessKey {
            id: id.to_owned(),
            secret: SecretKey::from(secret),
            principal,
            account: Account::owner(),
        }
    }
}

/// The run's keys by their ids: those of the whole run, and those that come and go.
#[derive(Clone)]
pub struct Keys {
    standing: Arc<HashMap<String, AccessKey>>,
    passing: Arc<RwLock<HashMap<String, Passing>>>,
    /// How many come and go just now, to be read without the lock.
    passing_count: Arc<AtomicUsize>,
}

/// A key that is good for a while, and what is done with it.
struct Passing {
    key: AccessKey,
    meter: Arc<UsageCounters>,
}

impl Keys {
    pub(crate) fn new(keys: Vec<AccessKey>) -> Keys {
        Keys {
            standing: Arc::new(keys.into_iter().map(|key| (key.id.clone(), key)).collect()),
            passing: Arc::default(),
            passing_count: Arc::default(),
        }
    }

    /// Adds a key, whose requests go through `meter`. A key of the same id that passed before is replaced.
    pub(crate) fn admit(&self, key: AccessKey, meter: Arc<UsageCounters>) {
        let mut passing = self.passing.write();
        passing.insert(key.id.clone(), Passing { key, meter });
        self.passing_count.store(passing.len(), Ordering::Release);
    }

    /// Takes away the key that goes through `meter`, if it is still there.
    pub(crate) fn dismiss(&self, id: &str, meter: &Arc<UsageCounters>) {
        let mut passing = self.passing.write();
        if passing
            .get(id)
            .is_some_and(|found| Arc::ptr_eq(&found.meter, meter))
        {
            passing.remove(id);
        }
        self.passing_count.store(passing.len(), Ordering::Release);
    }

    /// The meter of a key, if it has one.
    pub(crate) fn meter(&self, id: &str) -> Option<Arc<UsageCounters>> {
        if self.passing_count.load(Ordering::Acquire) == 0 {
            return None;
        }
        Some(self.passing.read().get(id)?.meter.clone())
    }

    fn with<T>(&self, id: &str, read: impl FnOnce(&AccessKey) -> T) -> Option<T> {
        if self.passing_count.load(Ordering::Acquire) > 0
            && let Some(passing) = self.passing.read().get(id)
        {
            return Some(read(&passing.key));
        }
        self.standing.get(id).map(read)
    }

    /// The accounts of the keys of the whole run.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.standing.values().map(|key| &key.account)
    }

    /// The account of a key.
    pub fn account(&self, id: &str) -> Option<Arc<str>> {
        self.with(id, |key| Arc::from(key.account.id.as_str()))
    }

    /// Whose key it is.
    pub(crate) fn principal(&self, id: &str) -> Option<Principal> {
        self.with(id, |key| key.principal)
    }

    /// Its secret.
    pub fn secret(&self, id: &str) -> Option<SecretKey> {
        self.with(id, |key| key.secret.clone())
    }
}
