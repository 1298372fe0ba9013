//! The gateway: one listener per region, one handler behind all of them.
//!
//! ```text
//!  listener us-west-2 ─┐                                                    ┌─► StreamedService (S3)
//!  listener us-east-1 ─┼─► connection ─► credential, ─► Rules::decide ──────┤
//!  private listener ───┘   (capped,      RequestInfo    the gateway acts    └─► signature ─► AwsService, or
//!   (the audit's)          counted)                     on the verdict                       another endpoint
//! ```
//!
//! No service is in here. What the gateway has to know of one it asks through [`Service`]: which operation a request is,
//! what it is about, how its errors look, whether it changes something, and what stands at the keys that it changed.
//! S3 says where a request belongs (the home of its bucket, whichever listener it came through: so one `--endpoint-url`
//! serves a sync across regions). Requests to other services belong to the region that they are signed for. Host, raw
//! path and query pass unchanged, for signatures cover them. Bodies of S3 are streamed.
//!
//! Faults put up rules (`rules`), which decide; the gateway acts (`act`). An outage is a rule that precedes
//! all others, and a closed listener (`outage`).

#![forbid(unsafe_code)]

mod account;
mod act;
mod altered;
mod call;
mod connection;
mod corrupt;
mod counts;
mod credential;
mod cross_origin;
mod error;
mod error_document;
mod forward;
mod glob;
mod handler;
mod io;
mod keys;
mod metered_key;
mod observer;
mod outage;
mod principal;
mod protocol;
mod region_listener;
mod request_id;
mod request_info;
mod rules;
mod serve;
mod serve_streamed;
mod serve_whole;
mod service;
mod signing;
mod sigv4;
mod stands;
mod usage;
mod verdict;

pub use account::{ACCOUNT_ID, Account, OWNER_ID};
pub use altered::altered;
pub use counts::{Counts, PrincipalCounts};
pub use credential::Credential;
pub use cross_origin::is_local_host;
pub use error::AwsError;
pub use forward::{Forward, Passing};
pub use glob::Glob;
pub use handler::{Gateway, GatewayOptions};
pub use keys::{AccessKey, Keys};
pub use metered_key::MeteredKey;
pub use observer::{CallChanged, CallObserver, CallSeen, operation_of, undated};
pub use outage::RegionOutageGuard;
pub use principal::Principal;
pub use protocol::{ErrorFormat, Protocol};
pub use region_listener::{ClosedListener, ListenerHandle};
pub use request_id::{Arrival, RequestId};
pub use request_info::RequestInfo;
pub use rules::{Decision, Hit, Rule, RuleGuard, Rules};
pub use service::{AwsService, Origin, Service, ServiceRequest, StreamedService};
pub use signing::VERSION_2;
pub use stands::Stands;
pub use usage::Usage;
pub use verdict::{Latency, Match, Verdict};
