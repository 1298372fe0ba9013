//! Who asks: each principal of a run has key pairs of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use super::signing::VERSION_2;
use super::usage::Meter;
use crate::s3::{Account, Attempt, OWNER_ID, Requester, Store, authorize};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::PostObjectInput;
use s3s::{S3Request, S3Result, s3_error};

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// People, runbooks, scripts, writers.
    User,
    /// A probe of the drill.
    Probe,
    /// Replication between regions.
    Replicator,
    /// An IoT rule that writes into a bucket.
    Rule,
    /// A function that runs in the cloud.
    Function,
    /// The audit, which outages do not touch.
    Audit,
}

impl Principal {
    /// All of them.
    pub const ALL: [Principal; 6] = [
        Principal::User,
        Principal::Probe,
        Principal::Replicator,
        Principal::Rule,
        Principal::Function,
        Principal::Audit,
    ];
}

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
pub(crate) struct Keys {
    standing: Arc<HashMap<String, AccessKey>>,
    passing: Arc<RwLock<HashMap<String, Passing>>>,
    /// How many come and go just now, to be read without the lock.
    passing_count: Arc<AtomicUsize>,
}

/// A key that is good for a while, and what is done with it.
struct Passing {
    key: AccessKey,
    meter: Arc<Meter>,
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
    pub(crate) fn admit(&self, key: AccessKey, meter: Arc<Meter>) {
        let mut passing = self.passing.write();
        passing.insert(key.id.clone(), Passing { key, meter });
        self.passing_count.store(passing.len(), Ordering::Release);
    }

    /// Takes away the key that goes through `meter`, if it is still there.
    pub(crate) fn dismiss(&self, id: &str, meter: &Arc<Meter>) {
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
    pub(crate) fn meter(&self, id: &str) -> Option<Arc<Meter>> {
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

    /// The account of a key.
    fn account(&self, id: &str) -> Option<Arc<str>> {
        self.with(id, |key| Arc::from(key.account.id.as_str()))
    }

    /// Whose key it is.
    pub(crate) fn principal(&self, id: &str) -> Option<Principal> {
        self.with(id, |key| key.principal)
    }

    /// Its secret.
    pub(crate) fn secret(&self, id: &str) -> Option<SecretKey> {
        self.with(id, |key| key.secret.clone())
    }
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.secret(access_key).ok_or_else(|| {
            s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            )
        })
    }
}

/// Signed requests have the rights of their account; unsigned ones those of the owner when the run says so,
/// else only what is granted to everybody.
pub(crate) struct Access {
    pub(crate) keys: Keys,
    pub(crate) store: Arc<Store>,
    pub(crate) anonymous: bool,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let account = match context.credentials() {
            Some(credentials) => self.keys.account(&credentials.access_key),
            None if self.anonymous => Some(Arc::from(OWNER_ID)),
            None => None,
        };
        let attempt = Attempt {
            operation: context.s3_op().name(),
            bucket: context.s3_path().get_bucket_name(),
            key: context.s3_path().get_object_key(),
            account: account.as_deref(),
            uri: context.uri(),
            headers: context.headers(),
        };
        authorize(&self.store, &attempt)?;
        context.extensions_mut().insert(Requester(account));
        Ok(())
    }

    /// The signature of a form stands in its fields, which nothing before this reads.
    async fn post_object(&self, request: &mut S3Request<PostObjectInput>) -> S3Result<()> {
        if request.credentials.is_none() {
            return Ok(());
        }
        let regions = &self.store.options.regions;
        match &request.region {
            // Signatures of version 2 name none.
            None => Err(s3_error!(InvalidRequest, "{}", VERSION_2)),
            Some(region) if !regions.iter().any(|known| known == region.as_str()) => Err(s3_error!(
                InvalidRequest,
                "the region of the form's x-amz-credential is none of this cloud"
            )),
            Some(_) => Ok(()),
        }
    }
}
