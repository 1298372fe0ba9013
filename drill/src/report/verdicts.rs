//! What a drill concludes.

use serde::{Deserialize, Serialize};

/// Seconds of drill time, rounded to the millisecond.
pub type Seconds = f64;

/// What the whole drill says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every objective was met.
    Pass,
    /// At least one objective was missed.
    Fail,
    /// The drill cannot tell.
    Inconclusive,
}

/// What the drill says about one objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveVerdict {
    /// Met.
    Pass,
    /// Missed.
    Fail,
    /// The figure is too inexact, or there is none.
    Inconclusive,
    /// The faults did not touch it, or their own end repaired it.
    NotExercised,
    /// It was expected to stay untouched, and did.
    Unaffected,
}

/// Which target an objective is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Recovery time objective.
    Rto,
    /// Recovery point objective.
    Rpo,
    /// Maximum tolerable downtime.
    Mtd,
    /// Fleet reconnection.
    Fleet,
    /// Failback.
    Failback,
    /// What protects data and services from the next disaster is back.
    Protection,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The plan does not work here.
    Critical,
    /// It works, but not as it says.
    Warning,
    /// Good to know.
    Note,
}
