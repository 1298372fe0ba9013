//! The embedded S3 as the protocol sees it: the store and who may use it, and what requests and answers carry besides their
//! documents.

use std::sync::Arc;

use cloud_gateway::Account;

use super::accounts::Accounts;
use super::store::Store;

/// The store behind the protocol.
pub struct Service {
    pub(crate) store: Arc<Store>,
    pub(crate) accounts: Accounts,
    /// Where a bucket is made when neither the request nor its signature says.
    pub(crate) default_region: Arc<str>,
}

impl Service {
    /// Serves `store` to its owner and `accounts`; buckets without a location are made in the store's first region.
    pub fn new(store: Arc<Store>, accounts: Vec<Account>) -> Service {
        let default_region = store.options.regions.first().map_or("us-east-1", String::as_str);
        Service {
            default_region: Arc::from(default_region),
            accounts: Accounts::new(accounts),
            store,
        }
    }
}

/// An answer's status that the protocol library would not give it, as its extension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status(pub(crate) http::StatusCode);

/// An answer whose document has its entity tag without quotes, which the protocol library would write: its extension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnquotedTag;
