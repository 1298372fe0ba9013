//! The audit: what was read back through the public API, independently of the fault.
//!
//! `audit.bin` is a sequence of frames (see [`crate::frames`]), each one [`AuditRecord`] in postcard
//! encoding. It holds observations only; [`crate::measures`] compares them with the ledger.

use serde::{Deserialize, Serialize};

use crate::journal::AuditId;
use crate::ledger::{MessageId, Sha256Digest};
use crate::units::DrillTime;

/// One record of `audit.bin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditRecord {
    /// An audit begins.
    Began {
        /// Which one.
        audit: AuditId,
        /// Writes produced before this instant are judged.
        cut: DrillTime,
        /// When the reading began.
        at: DrillTime,
    },
    /// What a read of one key gave: every key of the ledger, and every key of the listing.
    Value {
        /// Which audit.
        audit: AuditId,
        /// The store's label in the scenario.
        store: String,
        /// The label of the region it was read from.
        region: String,
        /// The key.
        key: String,
        /// What was there.
        found: Found,
    },
    /// The telemetry messages in one object that a rule wrote.
    Messages {
        /// Which audit.
        audit: AuditId,
        /// The store's label in the scenario.
        store: String,
        /// The label of the region it was read from.
        region: String,
        /// The object's key.
        key: String,
        /// Its `LastModified`.
        readable_at: DrillTime,
        /// The messages, in the order in which they stand there, with the drill time that each carries.
        messages: Vec<(MessageId, DrillTime)>,
        /// Lines that are no telemetry message, or whose checksum is wrong.
        unreadable: u32,
    },
    /// A store could not be listed: nothing is known of what is in it.
    Unlisted {
        /// Which audit.
        audit: AuditId,
        /// The store's label in the scenario.
        store: String,
        /// AWS's error code, and what else is known.
        error: String,
    },
    /// The audit has ended.
    Ended {
        /// Which one.
        audit: AuditId,
        /// When.
        at: DrillTime,
    },
    /// How the store that is read compares with the one of the other region, value by value as listings show them.
    Compared {
        /// Which audit.
        audit: AuditId,
        /// The store's label in the scenario.
        store: String,
        /// The label of the region that was read.
        region: String,
        /// The label of the other region.
        other: String,
        /// Values that both have alike.
        same: u64,
        /// Values that only the one that was read has.
        only_here: u64,
        /// Values that only the other one has.
        only_there: u64,
        /// Values that differ.
        differing: u64,
        /// Copies to the other one that were on their way.
        pending: u64,
    },
    /// A value that only the store of the other region has like this.
    ValueElsewhere {
        /// Which audit.
        audit: AuditId,
        /// The store's label in the scenario.
        store: String,
        /// The label of the region that has it.
        region: String,
        /// The object's key.
        key: String,
        /// SHA-256 of its bytes.
        digest: Sha256Digest,
    },
    /// The telemetry messages in an object that only the store of the other region has.
    MessagesElsewhere {
        /// Which audit.
        audit: AuditId,
        /// The store's label in the scenario.
        store: String,
        /// The label of the region that has it.
        region: String,
        /// The object's key.
        key: String,
        /// The messages.
        messages: Vec<MessageId>,
    },
}

/// What a read of one key gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// A body.
    Body {
        /// SHA-256 of its bytes.
        digest: Sha256Digest,
        /// How many they are.
        size: u64,
        /// The store's `LastModified`.
        last_modified: DrillTime,
    },
    /// The store says that there is no such value (or no such store).
    Missing,
    /// The store gave another error, or the body did not arrive whole: nothing is known.
    Unreadable {
        /// AWS's error code, and what else is known.
        error: String,
    },
}
