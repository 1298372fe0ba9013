//! What would happen, on virtual time: storms of devices that reconnect, by the million, and what they need.
//!
//! ```text
//!   a fleet, a quota, a policy ──► storm ──► when devices are back, how many attempts
//!   many of each ──► capacity ──► which of them meet a target, what to buy or to change
//!   a judged drill ──► stands_for ──► what a larger fleet would have done, and how far that can be relied on
//! ```
//!
//! Nothing in this crate does I/O, reads a clock or depends on tokio. The same seed gives the same bytes, whatever the number
//! of threads that runs are spread over.

#![forbid(unsafe_code)]

mod agenda;
pub mod capacity;
mod chance;
pub mod plan;
pub mod stands_for;
pub mod storm;
pub mod validation;
