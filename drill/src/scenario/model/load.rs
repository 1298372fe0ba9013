//! What goes on in the system: writers, devices, and the probes that ask whether it works.

use serde::{Deserialize, Serialize};

use super::SizeRange;
use crate::scenario::chosen::ProbeKind;
use crate::units::{ByteSize, Fraction, Span};

/// A client that writes values at a steady rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Its name, with which its keys begin.
    pub name: String,
    /// The label of the keyed store.
    pub store: String,
    /// The time from one write to the next.
    pub every: Span,
    /// How large each value is; default as the store's inventory, else 4KiB..64KiB.
    pub size: SizeRange,
    /// Over how many keys it goes in turn; without it each write has a key of its own.
    pub keys: Option<u64>,
    /// How many of its writes delete one of its own values instead; fewer while there is nothing to delete.
    pub deletes: Option<Fraction>,
    /// Where it stands in the file.
    pub line: u32,
}

impl Writer {
    /// The key of its `n`-th write, unless that is a delete: `<name>/00000017`.
    pub fn key(&self, n: u64) -> String {
        Writer::key_of(&self.name, self.keys, n)
    }

    /// The key of the `n`-th write of a writer of this name, with this many keys.
    pub(crate) fn key_of(name: &str, keys: Option<u64>, n: u64) -> String {
        let n = keys.map_or(n, |keys| n % keys.max(1));
        format!("{name}/{n:08}")
    }
}

/// What a writer does, as its table reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Writes {
    /// The label of the keyed store.
    pub(crate) store: String,
    /// How large each value is.
    pub(crate) size: Option<SizeRange>,
    /// Over how many keys it goes in turn.
    pub(crate) keys: Option<u64>,
    /// How many of its writes delete one of its own values instead.
    pub(crate) deletes: Option<Fraction>,
}

/// Stands in for the size of a writer that names none, until its store is known.
pub(crate) const UNSIZED: SizeRange = SizeRange {
    min: ByteSize(u64::MAX),
    max: ByteSize(0),
};

/// The devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// How many.
    pub devices: u32,
    /// So many devices would do what is modelled from what these do; at least `devices`.
    pub stands_for: Option<u64>,
    /// How their firmware behaves.
    pub profile: Profile,
    /// What they send; without it they only connect.
    pub telemetry: Option<Telemetry>,
    /// How they find their broker; default as the profile has it.
    pub discovery: Option<Discovery>,
    /// After how long without a packet they ping; default as the profile has it.
    pub keep_alive: Option<Span>,
    /// They subscribe to programs that are announced; so many of them run what they receive.
    pub programs: Option<u32>,
    /// Where it stands in the file.
    pub line: u32,
}

/// How a device finds its broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Discovery {
    /// By an address in its firmware, that of the first region: it stays with that, whatever happens. A regional
    /// name of AWS (`…-ats.iot.us-west-2.amazonaws.com`) is such an address: it never means another region.
    Hardcoded,
    /// By a name of the owner's own: it asks for it at each connect, and keeps the answer for its TTL.
    Dns,
    /// By a list of all regions' addresses in its firmware, in order and around again; it stays with the one that
    /// works, and goes on after three attempts in a row that failed (an assumption).
    List,
}

/// A shipped firmware profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Profile {
    /// `esp-idf-default`: fixed 10 s reconnect without jitter.
    EspIdfDefault,
    /// `esp-aws-iot`: 0.5 s to 5 s, gives up after 5 attempts.
    EspAwsIot,
    /// `aws-full-jitter`: 1 s to 120 s with full jitter.
    AwsFullJitter,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 3] = [Profile::EspIdfDefault, Profile::EspAwsIot, Profile::AwsFullJitter];

    /// Its name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Profile::EspIdfDefault => "esp-idf-default",
            Profile::EspAwsIot => "esp-aws-iot",
            Profile::AwsFullJitter => "aws-full-jitter",
        }
    }
}

/// What a device sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// The time from one message to the next.
    pub every: Span,
    /// The size of a message.
    pub payload: ByteSize,
}

/// Asks whether a service works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: ProbeKind,
    /// The time from one probe to the next.
    pub every: Span,
    /// When it gives up, in drill time.
    pub timeout: Span,
    /// How many equal results make a state, dated at the first; default 2.
    pub debounce: u32,
    /// Where it stands in the file.
    pub line: u32,
}

/// Whether bodies are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verify {
    /// With the digest of what was written.
    #[default]
    Sha256,
    /// A body that arrives will do.
    None,
}
