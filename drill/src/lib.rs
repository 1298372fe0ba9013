//! The vocabulary of a drill: what a scenario says, what a run leaves, what is measured from it.
//!
//! Nothing in this crate does I/O, reads a clock or knows tokio.
//!
//! ```text
//! scenario.yaml + seed ──► Plan ──► run ──► journal, ledger, audit ──► Measures ──► Report
//! ```

#![forbid(unsafe_code)]

pub mod audit;
pub mod draw;
pub mod frames;
pub mod journal;
pub mod ledger;
pub mod measures;
pub mod plan;
pub mod report;
pub mod scenario;
pub mod seal;
pub mod telemetry;
pub mod text;
pub mod units;
