//! The journal: what happened, in order, with drill time, wall time and a chain of hashes.
//!
//! `journal.jsonl` has one [`Line`] per line. Each line holds the SHA-256 of the line before it, so a
//! line that was changed, removed or added afterwards is found by [`read`]. The last line of a complete
//! run is [`Event::Finished`]; without it the run was interrupted. After a crash the last line may be
//! torn: it is dropped, and said so.
//!
//! Spans and instants stand in microseconds of drill time; wall time is Unix time in microseconds.

mod component;
mod counters;
mod event;
mod people;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::component::Component;
pub use self::counters::{FleetCounters, FunctionCounters, ProgramCounters};
pub use self::event::{
    AuditId, EndReason, Event, FaultEnd, Health, LimitShare, NO_DAMAGE, Protection, ProtectionKind, Purpose,
    RateShare, Record, RegionEndpoint, StepEnd, StepError, StepOutcome,
};
pub use self::people::{ChecklistItem, CodeFile, How, Performed, ReadinessCheck};
use crate::units::DrillTime;

/// The version of the journal's format, in every line.
pub const VERSION: u32 = 2;

/// What stands as `prev` in the first line.
pub const NO_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line of `journal.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// [`VERSION`].
    pub v: u32,
    /// Counts from 0 without gaps.
    pub seq: u64,
    /// When it happened; modelled ends stand at their due time.
    pub drill_us: DrillTime,
    /// When it was written down, in Unix microseconds.
    pub wall_us: i64,
    /// SHA-256 (hex) of the previous line without its newline.
    pub prev: String,
    /// What happened.
    pub event: Event,
}

/// A journal as it was read: whole lines, and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The lines up to the first that could not be read.
    pub lines: Vec<Line>,
    /// The last line was torn (a crash); it is not among `lines`.
    pub torn: bool,
}

impl Journal {
    /// Whether the drill reached its end.
    pub fn finished(&self) -> Option<EndReason> {
        match self.lines.last().map(|line| &line.event) {
            Some(Event::Finished { reason }) => Some(*reason),
            _ => None,
        }
    }

    /// The events with their drill times.
    pub fn events(&self) -> impl Iterator<Item = (DrillTime, &Event)> {
        self.lines.iter().map(|line| (line.drill_us, &line.event))
    }
}

/// A journal that cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A line in the middle is no journal line.
    #[error("line {line} of the journal cannot be read: {reason}")]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// The chain of hashes is broken.
    #[error("line {line} of the journal was changed, or a line before it was added or removed")]
    Broken {
        /// Counted from 1.
        line: usize,
    },
    /// Another version wrote it.
    #[error(
        "line {line} of the journal has format version {found}, and this version of Firedrill reads {VERSION}: judge the \
         run with the version that recorded it, or drill again"
    )]
    Version {
        /// Counted from 1.
        line: usize,
        /// The version that stands there.
        found: u32,
    },
}

/// SHA-256 (hex) of a line's bytes without its newline.
pub fn line_hash(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}

/// Reads and verifies a whole journal.
///
/// # Errors
/// A line that is not JSON of this version, or a broken chain. A torn last line (no newline at its end)
/// is no error.
pub fn read(bytes: &[u8]) -> Result<Journal, JournalError> {
    let mut journal = Journal::default();
    let mut previous = NO_PREVIOUS.to_owned();
    let mut rest = bytes;
    while !rest.is_empty() {
        let number = journal.lines.len() + 1;
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            journal.torn = true;
            break;
        };
        let (text, tail) = (&rest[..end], &rest[end + 1..]);
        let line: Line = serde_json::from_slice(text).map_err(|error| JournalError::Unreadable {
            line: number,
            reason: error.to_string(),
        })?;
        if line.v != VERSION {
            return Err(JournalError::Version {
                line: number,
                found: line.v,
            });
        }
        if line.prev != previous || line.seq != journal.lines.len() as u64 {
            return Err(JournalError::Broken { line: number });
        }
        previous = line_hash(text);
        journal.lines.push(line);
        rest = tail;
    }
    Ok(journal)
}

#[cfg(test)]
mod tests;
