//! S3 clients for the cloud's gateways, with meters.
//!
//! Everything of ours that talks to the emulated S3 (probes, writers, the runbook, the audits, the rules
//! of the broker) does so over HTTP with the official SDK, as a real system would. One [`S3`] stands for
//! one principal in one region; [`S3::metered`] gives a client that counts what one piece of work did.
//!
//! ```text
//!   S3 (principal, region) ──┬── client() ─────────────────────┐
//!                            └── metered() ── TransferMeter ───┴──► one pool of connections ──► gateway
//!                                             calls, retries, bytes
//! ```
//!
//! Clients speak plain HTTP with path-style addresses, keys that are given to them, and nothing that is
//! found in the environment. Their timeouts and the pauses between attempts are wall time: a caller that waits
//! for an answer in drill time says so itself.

#![forbid(unsafe_code)]

pub mod ask;
pub mod lambda;
mod limits;
mod meter;
pub mod rest;
mod sent;
pub mod transport;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, Region, SharedHttpClient, StalledStreamProtectionConfig,
};
use serde::{Deserialize, Serialize};

pub use self::limits::{LARGEST_DOCUMENT, LARGEST_OBJECT};
pub use self::meter::{Operations, Reading, TransferMeter};
pub use self::sent::Sent;

/// Who calls: the pair of keys that a principal signs with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPair {
    /// The public half (`AWS_ACCESS_KEY_ID`).
    pub access_key: String,
    /// The secret half (`AWS_SECRET_ACCESS_KEY`).
    pub secret_key: String,
}

/// How long a client waits and how often it tries, in wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For a connection.
    pub connect: Duration,
    /// For one attempt, from sending it to the head of the answer.
    pub attempt: Duration,
    /// How many attempts a call has, the first included.
    pub attempts: u32,
    /// The longest pause before the first repetition; it doubles each time, and is drawn below that.
    pub first_pause: Duration,
    /// The longest pause of all.
    pub longest_pause: Duration,
}

impl RetryPolicy {
    /// As the AWS CLI and the SDKs behave unless told otherwise: three attempts, pauses of at most 1 s,
    /// 2 s and so on up to 20 s.
    pub const STANDARD: RetryPolicy = RetryPolicy {
        connect: Duration::from_secs(3),
        attempt: Duration::from_secs(30),
        attempts: 3,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(20),
    };

    /// One attempt: for those who want to know how the service is, not to get something done.
    pub const ONCE: RetryPolicy = RetryPolicy {
        attempts: 1,
        ..RetryPolicy::STANDARD
    };
}

/// The pool of connections that clients share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connections(SharedHttpClient);

impl Connections {
    /// An empty pool.
    pub fn new() -> Connections {
        Connections(transport::Transport::shared(None))
    }

    /// Those to endpoints that are not ours: what goes there is counted, and bounds what is read of an object.
    pub fn counted(sent: &Sent) -> Connections {
        Connections(transport::Transport::shared(Some(sent.clone())))
    }
}

impl Default for Connections {
    fn default() -> Connections {
        Connections::new()
    }
}

/// The S3 of one region as one principal sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct S3 {
    config: Config,
    client: Client,
}

impl S3 {
    /// A client for the gateway at `endpoint` (`http://127.0.0.1:4566`), which signs with `keys` for
    /// `region` (`us-west-2`). Nothing is sent yet.
    pub fn new(
        connections: &Connections,
        endpoint: &str,
        region: &str,
        keys: &KeyPair,
        policy: RetryPolicy,
    ) -> S3 {
        let credentials = Credentials::new(&keys.access_key, &keys.secret_key, None, None, "firedrill");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(connections.0.clone())
            .endpoint_url(endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials)
            .force_path_style(true)
            .disable_s3_express_session_auth(true)
            .retry_config(retries(policy))
            .timeout_config(timeouts(policy))
            // It takes a process that was stopped for a moment for a dead server.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        S3 {
            client: Client::from_conf(config.clone()),
            config,
        }
    }

    /// The same, signing with other keys.
    pub fn signed_by(&self, keys: &KeyPair) -> S3 {
        let credentials = Credentials::new(&keys.access_key, &keys.secret_key, None, None, "firedrill");
        let config = self.config.to_builder().credentials_provider(credentials).build();
        S3 {
            client: Client::from_conf(config.clone()),
            config,
        }
    }

    /// The client as it is, without a meter.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A client whose calls count towards a meter of their own.
    pub fn metered(&self) -> (Client, TransferMeter) {
        let meter = TransferMeter::default();
        (self.with_meter(&meter), meter)
    }

    /// A client whose calls count towards `meter`, as those of its other clients do.
    pub fn with_meter(&self, meter: &TransferMeter) -> Client {
        let config = self.config.to_builder().interceptor(meter.interceptor()).build();
        Client::from_conf(config)
    }
}

/// The S3 of each region through that region's own listener, as one principal sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients(std::sync::Arc<[(String, S3)]>);

impl Clients {
    /// By the labels of the regions, of which there is at least one.
    pub fn new(by_region: Vec<(String, S3)>) -> Clients {
        assert!(!by_region.is_empty(), "a cloud has regions");
        Clients(by_region.into())
    }

    /// The same, signing with other keys.
    pub fn signed_by(&self, keys: &KeyPair) -> Clients {
        let signed = |(label, s3): &(String, S3)| (label.clone(), s3.signed_by(keys));
        Clients(self.0.iter().map(signed).collect())
    }

    /// Through the listener of the region of this label; through the first where there is none of that label.
    pub fn at(&self, label: &str) -> &S3 {
        let found = self.0.iter().find(|(known, _)| known == label);
        &found.unwrap_or(&self.0[0]).1
    }
}

fn retries(policy: RetryPolicy) -> RetryConfig {
    match policy.attempts {
        0 | 1 => RetryConfig::disabled(),
        attempts => RetryConfig::standard()
            .with_max_attempts(attempts)
            .with_initial_backoff(policy.first_pause)
            .with_max_backoff(policy.longest_pause),
    }
}

fn timeouts(policy: RetryPolicy) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(policy.connect)
        .operation_attempt_timeout(policy.attempt)
        .build()
}

#[cfg(test)]
mod tests;
