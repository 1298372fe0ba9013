//! What the parts of a drill tell the conductor.

use drill::journal::{Health, Purpose};
use drill::units::DrillTime;

/// Something that the conductor acts on.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A round of a probe ended.
    Probe {
        name: String,
        purpose: Purpose,
        /// When the round began.
        began: DrillTime,
        /// When the result is dated.
        at: DrillTime,
        health: Health,
    },
    /// The faults of one instant have been injected.
    Injected,
    /// There was no steady state to break.
    NotSteady,
    /// Every step of the runbook has ended.
    RunbookDone,
    /// Audit A is complete.
    Audited,
    /// A container or an endpoint that the drill runs on is gone: which, and how.
    CloudDied(String),
    /// A broker ended by itself.
    BrokerDied {
        /// The label of its region.
        region: String,
        /// How.
        detail: String,
    },
    /// A file of the run cannot be written.
    RecordLost(String),
    /// The user, or the system, wants an end.
    Interrupted(&'static str),
}
