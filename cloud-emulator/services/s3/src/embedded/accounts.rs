//! The accounts of a cloud. A drill has one, which owns everything; tests of access control have more.

use std::sync::Arc;

use cloud_gateway::{Account, OWNER_ID};
use s3s::dto::Owner;

/// All accounts of a cloud.
#[derive(Clone, Debug)]
pub(crate) struct Accounts(Arc<Vec<Account>>);

impl Accounts {
    pub(crate) fn new(accounts: Vec<Account>) -> Accounts {
        let mut all = vec![Account::owner()];
        for account in accounts {
            if all.iter().all(|known| known.id != account.id) {
                all.push(account);
            }
        }
        Accounts(Arc::new(all))
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Account> {
        self.0.iter().find(|account| account.id == id)
    }

    /// As answers name the owner of something.
    pub(crate) fn owner(&self, id: &str) -> Owner {
        Owner {
            display_name: self.by_id(id).map(|account| account.display_name.clone()),
            id: Some(id.to_owned()),
        }
    }
}

/// Who writes unsigned into a bucket that everybody may write.
pub(crate) const ANONYMOUS_ID: &str = "65a011a29cdf8ec533ec3d1ccaae921c";

/// The account on whose behalf a request is made, as an extension of the request; `None` is anonymous.
#[derive(Clone, Debug)]
pub(crate) struct Requester(pub(crate) Option<Arc<str>>);

impl Requester {
    /// Who asks; without a gateway in front, the owner of everything.
    pub(crate) fn from_extensions(extensions: &http::Extensions) -> Arc<str> {
        match extensions.get::<Requester>() {
            None => Arc::from(OWNER_ID),
            Some(Requester(account)) => account.clone().unwrap_or_else(|| Arc::from(ANONYMOUS_ID)),
        }
    }
}
