//! The register of findings: what drills found, who owns it, by when it is due, and how it ended.
//!
//! ```text
//!  findings.yaml ──► FindingsRegister ──┐
//!                               ├──► follow() ──► open, retested by which run, closed, reopened
//!  reports of all runs ─────────┘                          │
//!                                                          └──► edit: added, assigned, closed
//! ```
//!
//! `findings.yaml` is written by people and kept in git. A finding has the same [`key`] in every drill that finds it, whatever
//! figures its text has. `edit` changes single lines of the file and leaves the rest as it is, byte for byte.

mod edit;
mod entry;
mod exercised;
mod follow;
mod key;
mod read;

pub use self::edit::{EditError, NewEntry, add, set};
pub use self::entry::{Day, Entry, FindingsRegister, Status};
pub use self::exercised::{easier, exercised};
pub use self::follow::{Followed, State, follow, found};
pub use self::key::{Tracked, key, tracked};

/// The name of the file, unless the user gives another.
pub const FILE: &str = "findings.yaml";

#[cfg(test)]
mod tests;
