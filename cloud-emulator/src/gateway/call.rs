//! Which service a request is for, if not S3, and what its head tells of it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, request};

use super::Gateway;
use super::claim::Claim;
use super::connection::Connection;
use super::principal::Principal;
use super::protocol::is_form;
use super::seen::Seen;
use super::service::AwsService;
use super::usage::Meter;

/// What stands for the name of a service until the body tells it.
pub(crate) const UNTOLD: &str = "unknown";

/// A request to a service, as far as its head tells.
pub(crate) struct Call {
    pub(crate) service: Cow<'static, str>,
    pub(crate) region: Arc<str>,
    pub(crate) principal: Option<Principal>,
    pub(crate) access_key: Option<Box<str>>,
    pub(crate) meter: Option<Arc<Meter>>,
}

impl Call {
    /// What faults may match it on, without what it is about.
    pub(crate) fn seen(&self, connection: &Connection, operation: Option<Cow<'static, str>>) -> Seen {
        Seen {
            service: self.service.clone(),
            operation,
            resource: None,
            key: None,
            principal: self.principal,
            region: self.region.clone(),
            source_region: None,
            listener: connection.listener.clone(),
        }
    }
}

impl Gateway {
    /// The service that a request is for, if it is not S3. Signed requests say it; unsigned ones show it by
    /// their protocol, or by a path that a service knows and that is not in a bucket.
    pub(crate) fn other_service(
        &self,
        head: &request::Parts,
        claim: Option<&Claim<'_>>,
    ) -> Option<Cow<'static, str>> {
        if let Some(claim) = claim {
            let service = claim.service().filter(|service| *service != "s3")?;
            return Some(match self.service(service) {
                Some(known) => Cow::Borrowed(known.signing_name()),
                None => Cow::Owned(service.to_owned()),
            });
        }
        if head.method == Method::OPTIONS {
            return None;
        }
        let target = head
            .headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok());
        if let Some(target) = target {
            let prefix = target.split(['_', '.']).next().unwrap_or_default();
            return Some(Cow::Owned(prefix.to_ascii_lowercase()));
        }
        if is_form(&head.method, &head.headers) && head.uri.path() == "/" {
            return Some(Cow::Borrowed(UNTOLD));
        }
        let found = self.service_that_knows(head, &Bytes::new())?;
        let bucket = super::seen::bucket(head)?;
        self.s3
            .region_of(&bucket)
            .is_none()
            .then(|| Cow::Borrowed(found.signing_name()))
    }

    /// The first service that takes a request for one of its operations.
    pub(crate) fn service_that_knows(
        &self,
        head: &request::Parts,
        body: &Bytes,
    ) -> Option<&Arc<dyn AwsService>> {
        let knows =
            |service: &&Arc<dyn AwsService>| service.operation(&head.method, &head.uri, body).is_some();
        self.services.iter().find(knows)
    }

    pub(crate) fn service(&self, name: &str) -> Option<&Arc<dyn AwsService>> {
        self.services
            .iter()
            .find(|service| service.signing_name() == name)
    }

    /// What is known of a request to `service` from its head.
    pub(crate) fn call(
        &self,
        service: Cow<'static, str>,
        claim: Option<&Claim<'_>>,
        connection: &Connection,
    ) -> Call {
        let region = claim.and_then(Claim::region).map(Arc::from);
        Call {
            service,
            region: region.unwrap_or_else(|| connection.listener.clone()),
            principal: claim.and_then(|claim| self.principals.principal(claim.key())),
            access_key: claim.map(|claim| claim.key().into()),
            meter: claim.and_then(|claim| self.principals.meter(claim.key())),
        }
    }
}
