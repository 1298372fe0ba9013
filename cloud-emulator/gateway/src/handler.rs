//! The handler behind all listeners of a cloud.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use hyper::body::Incoming;
use parking_lot::Mutex;
use runtime::Clock;
use s3s::{Body, HttpError};
use tokio::sync::Semaphore;

use super::connection::Connection;
use super::counts::{Counters, Counts};
use super::credential::Credential;
use super::error::AwsError;
use super::forward::{Forward, Forwarder};
use super::keys::{AccessKey, Keys};
use super::metered_key::MeteredKey;
use super::observer::CallObserver;
use super::principal::Principal;
use super::protocol::ErrorFormat;
use super::region_listener::ListenerHandle;
use super::request_id::RequestId;
use super::rules::Rules;
use super::service::{AwsService, Origin, StreamedService};
use super::signing;
use super::usage::{Usage, UsageCounters};

/// What a gateway is made with.
#[derive(Clone)]
pub struct GatewayOptions {
    /// The regions of the cloud, as AWS names them.
    pub regions: Vec<String>,
    /// The seed of what faults draw.
    pub seed: u64,
    /// The service of requests that name none.
    pub default_service: Arc<dyn StreamedService>,
    /// The other services that it serves.
    pub services: Vec<Arc<dyn AwsService>>,
    /// Drill time, in which faults delay requests.
    pub clock: Clock,
    /// The run's key pairs, one or more for each principal.
    pub keys: Vec<AccessKey>,
    /// Give unsigned requests all rights of the owner. Otherwise they get what is granted to everybody:
    /// nothing, unless a bucket's owner granted it.
    pub anonymous: bool,
    /// At most so many connections at once, over all listeners; further ones wait to be accepted.
    pub connections: usize,
}

/// The handler behind all listeners of a cloud.
pub struct Gateway {
    pub(super) regions: Vec<String>,
    pub(super) default_service: Arc<dyn StreamedService>,
    pub(super) services: Vec<Arc<dyn AwsService>>,
    pub(super) clock: Clock,
    pub(super) principals: Keys,
    pub(super) anonymous: bool,
    pub(super) counts: Counters,
    pub(super) connections: Arc<Semaphore>,
    pub(super) rules: Arc<Rules>,
    pub(super) forwarder: Forwarder,
    pub(super) listeners: Mutex<HashMap<String, ListenerHandle>>,
    /// Counts what unsigned requests do, where they are let in and observed.
    pub(super) unsigned: OnceLock<Arc<UsageCounters>>,
}

impl Gateway {
    /// A gateway that listens nowhere yet.
    pub fn new(options: GatewayOptions) -> Arc<Gateway> {
        Gateway::forwarding(options, Vec::new())
    }

    /// Like [`Gateway::new`], with services that are served by other endpoints. What is passed on to them was
    /// verified here, since not all of them look at signatures.
    pub fn forwarding(options: GatewayOptions, forwards: Vec<Forward>) -> Arc<Gateway> {
        let principals = Keys::new(options.keys);
        options.default_service.admit(&principals, options.anonymous);
        let here = options
            .services
            .iter()
            .map(|service| service.signing_name())
            .collect();
        Arc::new(Gateway {
            rules: Rules::new(options.seed),
            forwarder: Forwarder::new(forwards, here),
            regions: options.regions,
            default_service: options.default_service,
            services: options.services,
            clock: options.clock,
            principals,
            anonymous: options.anonymous,
            counts: Counters::default(),
            connections: Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS))),
            listeners: Mutex::default(),
            unsigned: OnceLock::new(),
        })
    }

    /// What went through since the start.
    pub fn counts(&self) -> Counts {
        self.counts.read()
    }

    /// The rules of the faults, to put up some.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// The listener of a region, whether it is served already or not.
    pub fn listener(&self, region: &str) -> ListenerHandle {
        let mut listeners = self.listeners.lock();
        let region_listener = listeners.entry(region.to_owned());
        region_listener
            .or_insert_with(|| ListenerHandle(Arc::default()))
            .clone()
    }

    /// Adds a key to those of the run, for as long as what is returned is there, and counts what is done
    /// with it. Who is there to watch it sees each call.
    pub fn meter(&self, key: AccessKey, observer: Option<Arc<dyn CallObserver>>) -> MeteredKey {
        MeteredKey::admit(&self.principals, key, observer)
    }

    /// Watches what unsigned requests do that name no service, from now on. The first who watches them is the only one.
    pub fn watch_unsigned(&self, observer: Arc<dyn CallObserver>) {
        let _ = self.unsigned.set(Arc::new(UsageCounters::watched_by(observer)));
    }

    /// What was done with a key that is metered; `None` for others.
    pub fn usage(&self, access_key: &str) -> Option<Usage> {
        Some(self.principals.meter(access_key)?.read())
    }

    /// Answers one request.
    pub(super) async fn handle(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, HttpError> {
        let (head, body) = request.into_parts();
        let credential = Credential::from_request(&head.headers, &head.uri);
        let principal = credential
            .as_ref()
            .and_then(|credential| self.principals.principal(credential.key()));
        let number = self.counts.request(principal);
        let other = self.other_service(&head, credential.as_ref());
        let protocol = || match &other {
            Some(service) => self.protocol(service, &head),
            None => self
                .default_service
                .protocol(&head.method, &head.uri, &head.headers),
        };
        let knows = |region: &str| self.regions.iter().any(|known| known == region);
        let refusal = if connection.private && principal != Some(Principal::Audit) {
            Some(AwsError::denied(protocol()))
        } else {
            signing::check(&head.headers, &head.uri, credential.as_ref(), protocol, knows).err()
        };
        let response = if let Some(error) = refusal {
            let asked = ErrorFormat::from_request(&head.method, &head.headers);
            protocol().error(&error, &asked, &RequestId(number).to_string())
        } else if let Some(service) = other {
            let call = self.call(service, credential.as_ref(), connection);
            // In a box: what is rarely needed should not make the future of every request large.
            Box::pin(self.serve_whole(connection, call, head, body, number)).await
        } else {
            let meter = match &credential {
                Some(credential) => self.principals.meter(credential.key()),
                None => self.unsigned.get().cloned(),
            };
            let watched = self.rules.any() || meter.is_some() || self.default_service.reads_all_heads();
            let origin = Origin {
                credential: credential.as_ref(),
                principal,
                listener: &connection.listener,
            };
            let seen = watched.then(|| self.default_service.read_head(&head, origin));
            let request = Request::from_parts(head, body);
            self.serve_streamed(connection, request, seen, meter, RequestId(number))
                .await?
        };
        self.counts.response(principal, response.status());
        Ok(response)
    }
}
