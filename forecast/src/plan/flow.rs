//! Where telemetry goes.

use super::model::Region;

/// All of a million.
pub(super) const ALL: u32 = 1_000_000;

/// Where telemetry goes from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// The region with whose broker devices have, or get, their sessions.
    pub(super) broker: Option<Region>,
    /// How many of a million attempts fail to write what the broker hands on.
    pub(super) fails: u32,
    /// What hands it on, or runs the function, keeps it until it can.
    pub(super) waits: bool,
    /// The region of the store that it is written to.
    pub(super) filed: Option<Region>,
}

impl Flow {
    /// Whether what comes is written, if perhaps not at the first attempt.
    pub(super) fn files(&self) -> bool {
        self.fails < ALL
    }
}
