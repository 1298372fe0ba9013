//! What a broker process is told at its start, and what it may use.

use std::net::SocketAddr;
use std::path::PathBuf;

use drill::units::Span;
use serde::{Deserialize, Serialize};

use cloud_client::KeyPair;

/// The largest packet in bytes: AWS IoT Core allows payloads of 128 KiB; some more for the topic.
pub(super) const MAX_PACKET: usize = 132 * 1024;

/// Everything that one broker process needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerConfig {
    /// Where the edge listens; port 0 is any that is free.
    pub listen: SocketAddr,
    /// Whether others than this process's user and root may connect. MQTT asks for no keys here. A client that is
    /// gone before it is accepted is one of the others: its user is unknown. At AWS it would have waited, for TLS.
    pub open_to_others: bool,
    /// Connections that may begin per second of drill time.
    pub connects_per_second: u32,
    /// Those of one client id.
    pub connects_per_second_per_client: u32,
    /// Connections at one time; more are closed at once. Each takes an open file.
    pub max_connections: u32,
    /// The file in which it leaves the marks of the messages that reached its rules; it makes it. Each
    /// process has one of its own, with `.0`, `.1` and so on after this name.
    pub marks: PathBuf,
    /// The gateway that the rules call (`http://127.0.0.1:4566`).
    pub endpoint: String,
    /// The AWS region that their requests are signed for.
    pub region: String,
    /// The keys of the principal `rule`.
    pub keys: KeyPair,
    /// What becomes of messages.
    pub rules: Vec<RuleConfig>,
}

impl BrokerConfig {
    /// Open files of one connection.
    const FILES_PER_CONNECTION: u64 = 1;
    /// Open files besides: uploads, the clock.
    const OTHER_FILES: u64 = 256;

    /// How many open files its process needs.
    pub fn open_files(&self) -> u64 {
        u64::from(self.max_connections) * BrokerConfig::FILES_PER_CONNECTION + BrokerConfig::OTHER_FILES
    }

    /// How many connections a broker can have at most whose process may have so many open files.
    pub fn most_connections(open_files: u64) -> u64 {
        open_files.saturating_sub(BrokerConfig::OTHER_FILES) / BrokerConfig::FILES_PER_CONNECTION
    }
}

/// A rule: messages of some topics go to a bucket or a function, in batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleConfig {
    /// Its name, with which its keys begin.
    pub name: String,
    /// The topic filter, in MQTT's syntax.
    pub topic: String,
    /// Where they go.
    pub target: Target,
    /// A batch is closed at this many messages.
    pub batch_max: u32,
    /// A batch is closed this long after its first message.
    pub batch_window: Span,
    /// Bytes of closed batches that wait for the target; a batch beyond that is dropped, and counted.
    pub buffer_bytes: u64,
}

impl RuleConfig {
    /// What a rule holds back for a target that does not take it: minutes of a large fleet's telemetry.
    pub const BUFFER_BYTES: u64 = 64 << 20;
}

/// Where a rule brings its batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Each batch is an object of this bucket.
    Bucket(String),
    /// Each batch is an asynchronous invocation of a function, or several if it is large.
    Function {
        /// The function's name.
        name: String,
        /// A version or an alias of it.
        qualifier: Option<String>,
    },
}
