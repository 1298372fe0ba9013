//! How a recovery procedure goes, apart from what it does: when an incident is noticed, which step begins when, and when
//! it is over.
//!
//! A live drill and a forecast go by the same.

mod detection;
mod drill_phase;
mod graph;
pub mod people;

pub use detection::Monitor;
pub use drill_phase::{Decision, DrillPhase, NotSteady};
pub use graph::Graph;
