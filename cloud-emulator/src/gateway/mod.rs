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
mod altered;
mod call;
mod claim;
mod connection;
mod corrupt;
mod counts;
mod cross_origin;
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
mod signing;
mod sigv4;
mod silence;
mod storage;
mod usage;
mod verdict;
mod witness;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use hyper::body::Incoming;
use parking_lot::Mutex;
use runtime::Clock;
use s3s::{Body, HttpError};
use tokio::sync::Semaphore;

pub(crate) use self::altered::altered;
use self::claim::Claim;
use self::connection::Connection;
pub(crate) use self::error::AwsError;
use self::forward::Forwarder;
pub(crate) use self::forward::Passing;
pub(crate) use self::host::bucket_of;
use self::protocol::{Asked, Protocol};
pub(crate) use self::storage::LARGEST_DOCUMENT;
use crate::backend::Backend;
use crate::s3::RequestId;
pub use counts::{Counts, PrincipalCounts};
pub use cross_origin::is_local_host;
pub use door::{DoorGuard, DoorHandle};
pub use forward::Forward;
pub use glob::Glob;
pub use principal::{AccessKey, Principal};
pub use rules::{Decision, Hit, Rule, RuleGuard, Rules};
pub use seen::Seen;
pub use service::{AwsService, ServiceRequest};
pub use silence::{Manner, SilenceGuard};
use usage::Meter;
pub use usage::{MeteredKey, Usage};
pub use verdict::{Act, Latency, Match, Verdict};
pub use witness::{CallChanged, CallSeen, Stands, Witness, operation_of};

/// What a gateway is made with.
#[derive(Clone)]
pub struct GatewayOptions {
    /// The S3 that it serves.
    pub s3: Backend,
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
    storage: storage::Storage,
    s3: Backend,
    services: Vec<Arc<dyn AwsService>>,
    clock: Clock,
    principals: principal::Keys,
    anonymous: bool,
    counts: counts::Counters,
    connections: Arc<Semaphore>,
    rules: Arc<Rules>,
    forwarder: Forwarder,
    doors: Mutex<HashMap<String, DoorHandle>>,
    /// Counts what unsigned requests do, where they are let in and somebody watches them.
    unsigned: OnceLock<Arc<Meter>>,
}

impl Gateway {
    /// A gateway that listens nowhere yet.
    pub fn new(options: GatewayOptions) -> Arc<Gateway> {
        Gateway::forwarding(options, Vec::new())
    }

    /// Like [`Gateway::new`], with services other than S3 that are served by other endpoints. What is passed on to them was
    /// verified here, since not all of them look at signatures.
    pub fn forwarding(options: GatewayOptions, forwards: Vec<Forward>) -> Arc<Gateway> {
        let accounts = options.keys.iter().map(|key| key.account.clone()).collect();
        let principals = principal::Keys::new(options.keys);
        let storage = match &options.s3 {
            Backend::Embedded(store) => {
                storage::Storage::embedded(store, accounts, principals.clone(), options.anonymous)
            }
            Backend::Remote(remote) => storage::Storage::Remote(remote.clone()),
        };
        let here = options
            .services
            .iter()
            .map(|service| service.signing_name())
            .collect();
        Arc::new(Gateway {
            storage,
            rules: Rules::new(options.s3.seed()),
            forwarder: Forwarder::new(forwards, here),
            s3: options.s3,
            services: options.services,
            clock: options.clock,
            principals,
            anonymous: options.anonymous,
            counts: counts::Counters::default(),
            connections: Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS))),
            doors: Mutex::default(),
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

    /// The door of a region, whether it is served already or not.
    pub fn door(&self, region: &str) -> DoorHandle {
        let mut doors = self.doors.lock();
        let door = doors.entry(region.to_owned());
        door.or_insert_with(|| DoorHandle(Arc::default())).clone()
    }

    /// Adds a key to those of the run, for as long as what is returned is there, and counts what is done
    /// with it. Who is there to watch it sees each call.
    pub fn meter(&self, key: AccessKey, witness: Option<Arc<dyn Witness>>) -> MeteredKey {
        MeteredKey::admit(&self.principals, key, witness)
    }

    /// Watches what unsigned requests to S3 do, from now on. The first who watches them is the only one.
    pub fn watch_unsigned(&self, witness: Arc<dyn Witness>) {
        let _ = self.unsigned.set(Arc::new(Meter::watched_by(witness)));
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
        let protocol = || {
            let service = other.as_deref().unwrap_or("s3");
            Protocol::of(service, &head.method, &head.uri, &head.headers)
        };
        let knows = |region: &str| self.s3.has_region(region);
        let refusal = match connection.private && principal != Some(Principal::Audit) {
            true => Some(AwsError::denied(protocol())),
            false => signing::check(&head.headers, &head.uri, claim.as_ref(), protocol, knows).err(),
        };
        let response = if let Some(error) = refusal {
            let asked = Asked::of(&head.method, &head.headers);
            protocol().error(&error, &asked, &RequestId(number).to_string())
        } else if let Some(service) = other {
            let call = self.call(service, claim.as_ref(), connection);
            // In a box: what is rarely needed should not make the future of every request large.
            Box::pin(self.serve_other(connection, call, head, body, number)).await
        } else {
            let meter = match &claim {
                Some(claim) => self.principals.meter(claim.key()),
                None => self.unsigned.get().cloned(),
            };
            let watched = self.rules.any() || meter.is_some() || self.s3.is_remote();
            let seen =
                watched.then(|| Seen::s3(&head, claim.as_ref(), principal, &self.s3, &connection.listener));
            let request = Request::from_parts(head, body);
            self.serve_s3(connection, request, seen, meter, RequestId(number))
                .await?
        };
        self.counts.response(principal, response.status());
        Ok(response)
    }
}
