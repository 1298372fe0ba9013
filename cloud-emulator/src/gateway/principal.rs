//! Who asks: each principal of a run has key pairs of its own.

use std::collections::HashMap;
use std::sync::Arc;

use crate::s3::{Account, Attempt, OWNER_ID, Requester, Store, authorize};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

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
    /// The audit, which outages do not touch.
    Audit,
}

impl Principal {
    /// All of them.
    pub const ALL: [Principal; 5] = [
        Principal::User,
        Principal::Probe,
        Principal::Replicator,
        Principal::Rule,
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

/// The run's keys by their ids.
#[derive(Clone)]
pub(crate) struct Keys(Arc<HashMap<String, AccessKey>>);

impl Keys {
    pub(crate) fn new(keys: Vec<AccessKey>) -> Keys {
        Keys(Arc::new(
            keys.into_iter().map(|key| (key.id.clone(), key)).collect(),
        ))
    }

    /// The account of a key.
    fn account(&self, id: &str) -> Option<Arc<str>> {
        let key = self.0.get(id)?;
        Some(Arc::from(key.account.id.as_str()))
    }

    /// Whose key a request names. The signature is verified later, by the service; a request whose
    /// signature is wrong comes to nothing, whoever it claimed to be from.
    pub(crate) fn claimed<B>(&self, request: &http::Request<B>) -> Option<Principal> {
        let id = match request.headers().get(http::header::AUTHORIZATION) {
            Some(value) => key_in_header(value.to_str().ok()?)?.to_owned(),
            None => key_in_query(request.uri().query()?)?,
        };
        Some(self.0.get(&id)?.principal)
    }
}

/// `AWS4-HMAC-SHA256 Credential=ID/date/region/s3/aws4_request, …` or `AWS ID:signature`.
fn key_in_header(value: &str) -> Option<&str> {
    if let Some((_, rest)) = value.split_once("Credential=") {
        return rest.split('/').next();
    }
    value.strip_prefix("AWS ")?.split(':').next()
}

fn key_in_query(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| match &*name {
        "X-Amz-Credential" => Some(value.split('/').next()?.to_owned()),
        "AWSAccessKeyId" => Some(value.into_owned()),
        _ => None,
    })
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let key = self.0.get(access_key);
        key.map(|key| key.secret.clone()).ok_or_else(|| {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_wherever_a_request_carries_it() {
        let keys = Keys::new(vec![AccessKey::new("PROBEKEY", "x", Principal::Probe)]);
        let with_header = |value: &str| {
            let request = http::Request::builder()
                .uri("/b/k")
                .header("authorization", value);
            keys.claimed(&request.body(()).unwrap())
        };
        let with_query = |query: &str| {
            let request = http::Request::builder().uri(format!("/b/k?{query}"));
            keys.claimed(&request.body(()).unwrap())
        };
        let v4 = "AWS4-HMAC-SHA256 Credential=PROBEKEY/20261121/us-west-2/s3/aws4_request, SignedHeaders=host, Signature=0";
        assert_eq!(with_header(v4), Some(Principal::Probe));
        assert_eq!(with_header("AWS PROBEKEY:c2ln"), Some(Principal::Probe));
        assert_eq!(
            with_query("X-Amz-Credential=PROBEKEY%2F20261121%2Fr%2Fs3%2Faws4_request"),
            Some(Principal::Probe)
        );
        assert_eq!(
            with_query("AWSAccessKeyId=PROBEKEY&Signature=x"),
            Some(Principal::Probe)
        );
        for odd in ["", "AWS", "Credential=", "Credential=OTHER/1", "Bearer x"] {
            assert_eq!(with_header(odd), None, "{odd}");
        }
        assert_eq!(with_query("prefix=a"), None);
    }
}
