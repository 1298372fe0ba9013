//! The ledger: what was produced and what was acknowledged, written by those who produced it.
//!
//! `ledger.bin` is a sequence of frames (see [`crate::frames`]), each one [`LedgerRecord`] in postcard
//! encoding. Values stand there one by one, with the SHA-256 of their bytes. Telemetry stands there as
//! bitmaps per device, cut into epochs of [`EPOCH`] and at every fault, so that a message is known to
//! have been produced inside its epoch and no better; bounds that fall into an epoch say so.
//!
//! Delivery receipts record which messages reached a hop; they show where a lost message was lost.
//!
//! Changes are what others than producers did to the cloud: each says who changed what, when, and what stood there
//! afterwards. They date losses, tell who caused them, and who is to be credited for a recovery. What faults change
//! stands in the journal, with their targets.

use serde::{Deserialize, Serialize};

use crate::units::{DrillTime, Span};

/// The longest epoch of telemetry.
pub const EPOCH: Span = Span::from_secs(10);

/// The producer under which `history:` stands.
pub const HISTORY: &str = "history";

/// The device number under which canaries of probes publish; they are outside `counted`.
pub const CANARY: u32 = u32::MAX;

/// SHA-256 of a body.
pub type Sha256Digest = [u8; 32];

/// One record of `ledger.bin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerRecord {
    /// One write or delete of a value in a keyed store.
    Write(Write),
    /// What the devices produced in one epoch.
    Epoch(Epoch),
    /// Messages that reached a hop.
    DeliveryReceipts(DeliveryReceipts),
    /// A change by a client that is not a producer.
    Change(Change),
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WriteKind {
    /// It stored a body.
    Put,
    /// It deleted the value.
    Delete,
}

/// One write or delete of a value in a keyed store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// The label of the keyed store in the scenario.
    pub store: String,
    /// Who wrote it: a writer's name, [`HISTORY`], or `canary/<probe>`.
    pub producer: String,
    /// The label of the region whose store it was sent to.
    pub region: String,
    /// The key.
    pub key: String,
    /// Put or delete.
    pub kind: WriteKind,
    /// When it was due (writers produce on schedule, whatever the store does).
    pub produced: DrillTime,
    /// When the store acknowledged it, if it did.
    pub acknowledged: Option<DrillTime>,
    /// SHA-256 of the body; zeros for a delete.
    pub digest: Sha256Digest,
    /// Bytes of the body.
    pub size: u64,
}

/// What the devices produced in one epoch, and what became of it on the device's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// The first instant of it.
    pub start: DrillTime,
    /// The first instant after it: at most [`EPOCH`] later.
    pub end: DrillTime,
    /// The devices that produced something in it, in ascending order.
    pub devices: Vec<DeviceMessages>,
}

/// The messages of one device in one epoch: `count` sequence numbers from `first_seq` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceMessages {
    /// The device's number.
    pub device: u32,
    /// The sequence number of the first.
    pub first_seq: u32,
    /// How many were produced.
    pub count: u32,
    /// Bit `n` of byte `n / 8` (lowest first): message `first_seq + n` was acknowledged by the broker.
    pub acknowledged: Vec<u8>,
    /// Likewise: it died in the device's outbox (full, or expired).
    pub dropped: Vec<u8>,
}

impl DeviceMessages {
    /// Whether bit `n` of `bits` is set; absent bytes are zeros.
    pub fn bit(bits: &[u8], n: u32) -> bool {
        bits.get(n as usize / 8)
            .is_some_and(|byte| byte >> (n % 8) & 1 == 1)
    }

    /// Sets bit `n` of `bits`, which grows as needed.
    pub fn set_bit(bits: &mut Vec<u8>, n: u32) {
        let byte = n as usize / 8;
        if bits.len() <= byte {
            bits.resize(byte + 1, 0);
        }
        bits[byte] |= 1 << (n % 8);
    }
}

/// A place behind the broker that a message reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The rule has it in its batch.
    RuleReceived,
    /// The rule's target (the bucket, or the function's queue) acknowledged it.
    RuleDelivered,
    /// The function that the rule invokes has ended well with it.
    FunctionDelivered,
    /// The bucket acknowledged an object of a function that has it.
    Stored,
}

/// One message of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The device's number ([`CANARY`] for those of probes).
    pub device: u32,
    /// Its sequence number, from 0.
    pub seq: u32,
}

/// Messages that reached a stage together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReceipts {
    /// The rule's name.
    pub rule: String,
    /// Where they arrived.
    pub stage: Stage,
    /// In which region, by its AWS name: brokers and functions know no labels.
    pub region: String,
    /// When.
    pub at: DrillTime,
    /// In which object, where they came to a bucket.
    pub key: Option<String>,
    /// Which.
    pub messages: Vec<MessageId>,
}

/// Who changed something, if not a fault or a producer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Changer {
    /// A step of the runbook, by its id.
    Step(String),
    /// Another client, as text (`a function`, `a client with the operator's keys`).
    Other(String),
}

/// What stands at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Left {
    /// A body with this SHA-256.
    Body(Sha256Digest),
    /// Nothing that a reader could get.
    Nothing,
    /// It could not be read.
    Unknown,
}

/// What was changed: a value, or a resource by its class. Resources and regions stand by their labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Changed {
    /// A value in a keyed store.
    Value {
        /// The store.
        store: String,
        /// Its region.
        region: String,
        /// The key.
        key: String,
        /// What stood there afterwards.
        left: Left,
    },
    /// A keyed store, or something that belongs to it beside its values.
    Store {
        /// The store.
        store: String,
        /// Its region.
        region: String,
    },
    /// What computes: its code, its aliases or its settings.
    Compute {
        /// Its label.
        name: String,
        /// The region.
        region: String,
    },
    /// The stream of a region.
    Stream {
        /// The region.
        region: String,
    },
}

/// One successful call, or one action of a step, that changed something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// When it took effect.
    pub at: DrillTime,
    /// Who did it.
    pub by: Changer,
    /// By which operation of which service (`s3:DeleteObject`), or which action of the runbook.
    pub operation: String,
    /// What.
    pub changed: Changed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_set_and_read() {
        let mut bits = Vec::new();
        DeviceMessages::set_bit(&mut bits, 9);
        assert_eq!(bits, [0, 2]);
        assert!(DeviceMessages::bit(&bits, 9));
        assert!(!DeviceMessages::bit(&bits, 8));
        assert!(!DeviceMessages::bit(&bits, 4000));
    }
}
