//! How a recovery procedure goes, apart from what it does: when an incident is noticed, which step begins when, and when
//! it is over.
//!
//! A live drill and a forecast go by the same.

mod detection;
mod graph;
pub mod people;
mod pulse;

pub use detection::Monitor;
pub use graph::Graph;
pub use pulse::{Decision, Pulse};
