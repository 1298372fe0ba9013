//! The clouds that are asked. One more is one file, and one line here.

mod assembly;
mod container;
mod embedded;
mod endpoint;
mod gateway;

use std::any::Any;

use crate::lab::Reach;

/// A cloud that stands.
pub(crate) struct RunningTarget {
    pub(crate) reach: Reach,
    /// Takes the cloud down when it is dropped.
    pub(crate) _guard: Box<dyn Any + Send>,
}

/// A cloud that can be asked.
pub(crate) struct Target {
    pub(crate) title: &'static str,
    /// Its column is in the committed table, and judged; others are only printed.
    pub(crate) committed: bool,
    /// Stands it up for checks of these names. `None`: it is not to be had here, which has been said.
    pub(crate) stand_up: fn(&[String]) -> Result<Option<RunningTarget>, String>,
}

/// All of them, in the order of their columns; those of the committed table come first.
pub(crate) const TARGETS: [Target; 4] = [
    Target {
        title: "embedded",
        committed: true,
        stand_up: embedded::stand_up,
    },
    Target {
        title: "LocalStack 4.14.0",
        committed: true,
        stand_up: container::stand_up,
    },
    Target {
        title: "LocalStack behind our gateway",
        committed: true,
        stand_up: gateway::stand_up,
    },
    Target {
        title: "FIREDRILL_CONTRACT_URL",
        committed: false,
        stand_up: endpoint::stand_up,
    },
];
