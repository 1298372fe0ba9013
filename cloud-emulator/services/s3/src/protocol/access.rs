//! What a request to S3 may do, by whose key signed it.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::Credentials;
use s3s::dto::PostObjectInput;
use s3s::{S3Request, S3Result, s3_error};

use cloud_gateway::{Keys, OWNER_ID, VERSION_2};

use crate::embedded::{Attempt, Requester, Store, authorize};

/// Signed requests have the rights of their account; unsigned ones those of the owner when the run says so,
/// else only what is granted to everybody.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) keys: Keys,
    pub(crate) store: Arc<Store>,
    pub(crate) anonymous: bool,
}

impl Access {
    fn account(&self, credentials: Option<&Credentials>) -> Option<Arc<str>> {
        match credentials {
            Some(credentials) => self.keys.account(&credentials.access_key),
            None if self.anonymous => Some(Arc::from(OWNER_ID)),
            None => None,
        }
    }

    /// Refuses an operation on a bucket that the protocol library does not serve, as it would one that it does.
    pub(crate) fn check_bucket<T>(
        &self,
        operation: &str,
        bucket: &str,
        request: &S3Request<T>,
    ) -> S3Result<()> {
        let account = self.account(request.credentials.as_ref());
        let attempt = Attempt {
            operation,
            bucket: Some(bucket),
            key: None,
            account: account.as_deref(),
            uri: &request.uri,
            headers: &request.headers,
        };
        authorize(&self.store, &attempt)
    }
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let account = self.account(context.credentials());
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
