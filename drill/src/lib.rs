//! The vocabulary of a drill: what a scenario says, what a run leaves, what is measured from it.
//!
//! Nothing in this crate does I/O, reads a clock or knows tokio.
//!
//! ```text
//! scenario.yaml + seed ──► Plan ──► run ──► journal, ledger, audit ──► Measures ──► Report
//! ```

#![forbid(unsafe_code)]

pub mod audit;
mod beta;
pub mod costs;
pub mod details;
pub mod draw;
pub mod expectation;
pub mod firmware;
pub mod frames;
pub mod history;
pub mod journal;
pub mod ledger;
pub mod measures;
pub mod plan;
pub mod procedure;
pub mod recovery;
pub mod reference;
pub mod register;
pub mod report;
pub mod resource;
#[macro_use]
pub mod scenario;
pub mod seal;
pub mod services;
pub mod telemetry;
pub mod text;
pub mod units;
pub mod variables;
