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
mod digest;
mod dsse;
mod key;
mod layout;
mod pack;
mod statement;
mod verify;

pub use self::dsse::{PAYLOAD_TYPE, pre_authentication_encoding};
pub use self::key::{KeyError, PublicKey, SecretKey};
pub use self::layout::{FOLDER, LARGEST, REQUIRED, SIGNER, STATEMENT};
pub use self::pack::{PackError, pack};
pub use self::statement::{
    Control, JournalEnds, Machine, PREDICATE_TYPE, Predicate, Recorded, RecoveryPlan, STATEMENT_TYPE,
    Scenario, Statement, Subject, Tool, emulation,
};
pub use self::verify::{Check, CheckOutcome, NotAPack, Verified, verify};
