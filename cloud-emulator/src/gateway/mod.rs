//! The gateway: one listener per region, one handler behind all of them.
//!
//! ```text
//!  door us-west-2 ─┐                                              ┌─► s3s ─► Store
//!  door us-east-1 ─┼─► connection ─► claim, Seen ─► Rules::decide ┤   (signatures, principals)
//!  private door ───┘   (capped,      who asks, for  Verdict: the  └─► signature ─► AwsService
//!   (the audit's)       counted)     what, where    gateway acts          (STS, Lambda, …)
//! ```
//!
//! S3 requests are routed by the home region of their bucket, whichever door they came through: so one
//! `--endpoint-url` serves a sync across regions, and a request signed for another region is not turned
//! away. Requests to other services belong to the region that they are signed for. Host, raw path and query
//! pass unchanged, for signatures cover them. Bodies of S3 are streamed.
//!
//! Faults put up rules (`rules`), which decide; the gateway acts (`act`). An outage is a rule that precedes
//! all others, and a closed door (`silence`).

mod act;
mod call;
mod claim;
mod connection;
mod corrupt;
mod counts;
mod cut_short;
mod door;
mod error;
mod forward;
mod glob;
mod host;
mod io;
mod other;
mod principal;
mod protocol;
mod rules;
mod s3_operation;
mod seen;
mod serve;
mod service;
mod sigv4;
mod silence;
mod storage;
mod usage;
mod verdict;

use std::collections::HashMap;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use parking_lot::Mutex;
use runtime::Clock;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::sync::Semaphore;

use self::claim::Claim;
use self::connection::Connection;
use self::error::AwsError;
use self::forward::Forwarder;
use self::protocol::{Asked, Protocol};
use crate::s3::{RequestId, Service, Store};
pub use counts::{Counts, PrincipalCounts};
pub use door::{DoorGuard, DoorHandle};
pub use forward::Forward;
pub use glob::Glob;
pub use principal::{AccessKey, Principal};
pub use rules::{Decision, Hit, Rule, RuleGuard, Rules};
pub use seen::Seen;
pub use service::{AwsService, ServiceRequest};
pub use silence::{Manner, SilenceGuard};
pub use usage::{MeteredKey, Usage};
pub use verdict::{Act, Latency, Match, Verdict};

/// The largest XML document of a request: a thousand keys to delete, ten thousand parts to join.
const LARGEST_DOCUMENT: usize = 8 << 20;

/// The largest file in a form: it is taken apart in memory before the store sees it.
const LARGEST_FORM: u64 = 256 << 20;

/// What a gateway is made with.
#[derive(Clone)]
pub struct GatewayOptions {
    /// The S3 that it serves.
    pub store: Arc<Store>,
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
    s3: S3Service,
    store: Arc<Store>,
    services: Vec<Arc<dyn AwsService>>,
    clock: Clock,
    principals: principal::Keys,
    anonymous: bool,
    counts: counts::Counters,
    connections: Arc<Semaphore>,
    rules: Arc<Rules>,
    forwarder: Forwarder,
    doors: Mutex<HashMap<String, DoorHandle>>,
}

impl Gateway {
    /// A gateway that listens nowhere yet.
    pub fn new(options: GatewayOptions) -> Arc<Gateway> {
        Gateway::forwarding(options, Vec::new())
    }

    /// Like [`Gateway::new`], with services that are served by other endpoints. Those verify signatures
    /// themselves.
    pub fn forwarding(options: GatewayOptions, forwards: Vec<Forward>) -> Arc<Gateway> {
        let accounts = options.keys.iter().map(|key| key.account.clone()).collect();
        let principals = principal::Keys::new(options.keys);
        let mut builder = S3ServiceBuilder::new(Service::new(options.store.clone(), accounts));
        builder.set_auth(principals.clone());
        builder.set_access(principal::Access {
            keys: principals.clone(),
            store: options.store.clone(),
            anonymous: options.anonymous,
        });
        builder.set_host(host::VirtualHosts);
        let mut config = S3Config::default();
        config.xml_max_body_size = LARGEST_DOCUMENT;
        config.post_object_max_file_size = options.store.largest_body().min(LARGEST_FORM);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        Arc::new(Gateway {
            s3: builder.build(),
            rules: Rules::new(options.store.options.seed),
            forwarder: Forwarder::new(forwards),
            store: options.store,
            services: options.services,
            clock: options.clock,
            principals,
            anonymous: options.anonymous,
            counts: counts::Counters::default(),
            connections: Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS))),
            doors: Mutex::default(),
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

    /// The door of a region, whether it is served already or not.
    pub fn door(&self, region: &str) -> DoorHandle {
        let mut doors = self.doors.lock();
        let door = doors.entry(region.to_owned());
        door.or_insert_with(|| DoorHandle(Arc::default())).clone()
    }

    /// Adds a key to those of the run, for as long as what is returned is there, and counts what is done
    /// with it.
    pub fn meter(&self, key: AccessKey) -> MeteredKey {
        MeteredKey::admit(&self.principals, key)
    }

    /// What was done with a key that is metered; `None` for others.
    pub fn usage(&self, access_key: &str) -> Option<Usage> {
        Some(self.principals.meter(access_key)?.read())
    }

    /// Answers one request.
    async fn handle(
        &self,
        connection: &Connection,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, HttpError> {
        let (head, body) = request.into_parts();
        let claim = Claim::of(&head.headers, &head.uri);
        let principal = claim
            .as_ref()
            .and_then(|claim| self.principals.principal(claim.key()));
        let number = self.counts.request(principal);
        let other = self.other_service(&head, claim.as_ref());
        let response = if connection.private && principal != Some(Principal::Audit) {
            let service = other.as_deref().unwrap_or("s3");
            let protocol = Protocol::of(service, &head.method, &head.uri, &head.headers);
            let asked = Asked::of(&head.method, &head.headers);
            protocol.error(
                &AwsError::denied(protocol),
                &asked,
                &RequestId(number).to_string(),
            )
        } else if let Some(service) = other {
            let call = self.call(service, claim.as_ref(), connection);
            // In a box: what is rarely needed should not make the future of every request large.
            Box::pin(self.serve_other(connection, call, head, body, number)).await
        } else {
            let meter = claim
                .as_ref()
                .and_then(|claim| self.principals.meter(claim.key()));
            let watched = self.rules.any() || meter.is_some();
            let seen = watched.then(|| {
                Seen::s3(
                    &head,
                    claim.as_ref(),
                    principal,
                    &self.store,
                    &connection.listener,
                )
            });
            let request = Request::from_parts(head, body);
            self.serve_s3(connection, request, seen, meter, RequestId(number))
                .await?
        };
        self.counts.response(response.status());
        Ok(response)
    }
}
