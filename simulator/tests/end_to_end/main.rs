//! The real binary, end to end, in temporary folders.
//!
//! ```text
//! scenarios/*.yaml ──edit──► a twin ──firedrill run──► run folder ──► what a test asks of it
//! ```
//!
//! A drill waits for its clock most of the time, so that several run at once; what several tests ask of the same
//! drill is asked of one run of it. Nothing here sleeps for the sake of time: tests wait for a condition, with a
//! deadline that only a broken program reaches, and leave no process behind.
//!
//! What needs a program of others (`aws`, `mosquitto_pub`) is skipped with a printed reason where it is
//! not installed, and fails instead if `FIREDRILL_REQUIRE_ALL` is set.

mod support;

mod architecture;
mod bad_input;
mod browser;
mod capacity;
mod ci;
mod cloud;
mod cloud_clients;
mod cloud_functions;
mod clouds;
mod commands;
mod determinism;
mod doctor;
mod endless;
mod evidence;
mod examples;
mod faults;
mod forecast;
mod interrupted;
mod isolation;
mod kills;
mod leaks;
mod metrics;
mod mqtt;
mod new_project;
mod notify;
mod other_user;
mod parameters;
mod passing;
mod people;
mod programs;
mod quarterly;
mod records_kept;
mod replication_paused;
mod runbook;
mod shell;
mod shipped;
mod truth;
mod twins;

use std::process::ExitCode;

use test_harness::Harness;

/// Drills at once.
const AT_ONCE: usize = 6;

fn main() -> ExitCode {
    Harness::new().at_once(AT_ONCE).main()
}
