//! Which service a request is for, if not the default one, and what its head tells of it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, request};

use super::connection::Connection;
use super::credential::Credential;
use super::error::AwsError;
use super::handler::Gateway;
use super::principal::Principal;
use super::protocol::{Protocol, is_form};
use super::request_info::RequestInfo;
use super::service::AwsService;
use super::usage::UsageCounters;

/// What stands for the name of a service until the body tells it.
pub(crate) const UNTOLD: &str = "unknown";

/// A request to a service, as far as its head tells.
pub(crate) struct Call {
    pub(crate) service: Cow<'static, str>,
    pub(crate) region: Arc<str>,
    pub(crate) principal: Option<Principal>,
    pub(crate) access_key: Option<Box<str>>,
    pub(crate) meter: Option<Arc<UsageCounters>>,
}

impl Call {
    /// What faults may match it on, without what it is about.
    pub(crate) fn seen(&self, connection: &Connection, operation: Option<Cow<'static, str>>) -> RequestInfo {
        RequestInfo {
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
    /// The service that a request is for, if it is not the default one. Signed requests say it; unsigned ones show it by
    /// their protocol, or by a path that a service knows and that the default one does not claim.
    pub(crate) fn other_service(
        &self,
        head: &request::Parts,
        credential: Option<&Credential<'_>>,
    ) -> Option<Cow<'static, str>> {
        if let Some(credential) = credential {
            let own = self.default_service.signing_name();
            let service = credential.service().filter(|service| *service != own)?;
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
            let known = self
                .services
                .iter()
                .find(|service| service.target() == Some(prefix));
            return Some(match known {
                Some(known) => Cow::Borrowed(known.signing_name()),
                None => Cow::Owned(prefix.to_ascii_lowercase()),
            });
        }
        if is_form(&head.method, &head.headers) && head.uri.path() == "/" {
            return Some(Cow::Borrowed(UNTOLD));
        }
        let found = self.service_that_knows(head, &Bytes::new())?;
        let claimed = self.default_service.claims(head);
        (!claimed).then(|| Cow::Borrowed(found.signing_name()))
    }

    /// The first service that takes a request for one of its operations.
    pub(crate) fn service_that_knows(
        &self,
        head: &request::Parts,
        body: &Bytes,
    ) -> Option<&Arc<dyn AwsService>> {
        let knows = |service: &&Arc<dyn AwsService>| service.operation(head, body).is_some();
        self.services.iter().find(knows)
    }

    pub(crate) fn service(&self, name: &str) -> Option<&Arc<dyn AwsService>> {
        self.services
            .iter()
            .find(|service| service.signing_name() == name)
    }

    /// What a request to the service of this name speaks.
    pub(crate) fn protocol(&self, service: &str, head: &request::Parts) -> Protocol {
        let (method, uri, headers) = (&head.method, &head.uri, &head.headers);
        match self.service(service) {
            Some(service) => service.protocol(method, uri, headers),
            None => Protocol::from_request(service, method, uri, headers),
        }
    }

    /// The error of the service of this name for too many requests.
    pub(crate) fn throttled(&self, protocol: Protocol, service: &str) -> AwsError {
        match self.service(service) {
            Some(service) => service.throttled(protocol),
            None => AwsError::throttled(protocol),
        }
    }

    /// What is known of a request to `service` from its head.
    pub(crate) fn call(
        &self,
        service: Cow<'static, str>,
        credential: Option<&Credential<'_>>,
        connection: &Connection,
    ) -> Call {
        let region = credential.and_then(Credential::region).map(Arc::from);
        Call {
            service,
            region: region.unwrap_or_else(|| connection.listener.clone()),
            principal: credential.and_then(|credential| self.principals.principal(credential.key())),
            access_key: credential.map(|credential| credential.key().into()),
            meter: credential.and_then(|credential| self.principals.meter(credential.key())),
        }
    }
}
