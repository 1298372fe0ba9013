//! Evidence of a drill: an archive that a third party can verify years later, with this tool or with standard ones.
//!
//! ```text
//!  files of a run ──► digests ──► statement (in-toto) ──► envelope (DSSE), signed ──┐
//!        └──────────────────────────────────────────────────────────────────────────┴──► FILE.tar.gz
//!
//!  FILE.tar.gz ──► verify(): signature, digests, members, chain, seal, and the archive made again, byte by byte
//! ```
//!
//! What is signed says that the cloud was emulated, and what that means. Nothing here does I/O; the same files and key give the
//! same bytes. docs/evidence.md says how to verify a pack without this tool.

#![forbid(unsafe_code)]

mod archive;
mod dsse;
mod key;
mod pack;
mod statement;
mod verify;

pub use self::dsse::{PAYLOAD_TYPE, pre_authentication_encoding};
pub use self::key::{KeyError, PublicKey, SecretKey};
pub use self::pack::{PackError, pack};
pub use self::statement::{
    Control, JournalEnds, Machine, PREDICATE_TYPE, Predicate, Recorded, RecoveryPlan, STATEMENT_TYPE,
    Scenario, Statement, Subject, Tool, emulation,
};
pub use self::verify::{Check, NotAPack, Outcome, Verified, verify};

/// The files that every pack has, besides its statement.
pub const REQUIRED: [&str; 10] = [
    "audit.bin",
    "journal.jsonl",
    "junit.xml",
    "ledger.bin",
    "plan.json",
    "report.html",
    "report.json",
    "scenario.yaml",
    "seal.sha256",
    "summary.md",
];

/// The statement of a pack, in its envelope.
pub const STATEMENT: &str = "statement.dsse.json";

/// The public key of whoever signed, as PEM.
pub const SIGNER: &str = "signer.pem";

/// The folder that a pack unpacks to.
pub const FOLDER: &str = "firedrill-evidence";

/// The most that a pack may unpack to, in bytes.
pub const LARGEST: u64 = 1 << 30;

/// SHA-256 (hex).
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))
}
