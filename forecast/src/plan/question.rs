//! The input of a forecast, how far it has come, and what cannot be forecast.

use std::sync::atomic::{AtomicBool, AtomicU64};

use drill::scenario::{Durations, Scenario};

use super::calibration::Calibration;
use super::study::Phase;

/// The input of a forecast.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The plan and its disaster.
    pub scenario: &'a Scenario,
    /// The scenario's file, as it was given.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The seed of the first run.
    pub seed: u64,
    /// Runs, at most.
    pub runs: u64,
    /// No more are made once each chance is known to so much to either side, as a share (0.01).
    pub until_ci: Option<f64>,
    /// When faults are injected.
    pub phase: Phase,
    /// Which of a duration's values is taken.
    pub durations: Durations,
    /// Calibration by recorded drills.
    pub calibration: Calibration,
    /// Threads to run on.
    pub threads: usize,
    /// Whether each duration is halved and doubled, to see what it does.
    pub what_if: bool,
}

/// What cannot be forecast, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line of the file; none if it is about no line.
    pub line: Option<u32>,
    /// What.
    pub text: String,
    /// What would help.
    pub help: String,
}

/// How far a forecast has come, and whether it should stop.
#[derive(Debug, Default)]
pub struct Watch {
    /// Runs that were made.
    pub done: AtomicU64,
    /// Set to stop it: the runs made by then are reported.
    pub stop: AtomicBool,
}
