//! The two runs of a comparison, and what it says of them.

use baseline::Machine;
use drill::plan::Plan;
use drill::report::{DataSet, Finding, Objective, Report, Step, Verdict};
use serde::Serialize;

/// The version of the JSON.
pub const SCHEMA: u32 = 1;

/// One of the two runs that are compared.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// The run as the user named it.
    pub name: String,
    /// Its report.
    pub report: &'a Report,
    /// The text of its scenario.
    pub scenario: &'a str,
    /// The steps that decided when its recovery ended, first to last.
    pub critical_path: Vec<String>,
    /// What was drawn for it.
    pub plan: &'a Plan,
    /// The version of Firedrill that ran it, if it is on record.
    pub tool: Option<String>,
    /// What it ran on, if that is on record.
    pub machine: Option<Machine>,
}

/// Both runs, matched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The first run.
    pub a: Subject,
    /// The second run; differences are of it against the first.
    pub b: Subject,
    /// What makes the comparison unfair, a sentence each; empty if nothing on record does.
    pub unfair: Vec<String>,
    /// The limits of a comparison.
    pub method: String,
    /// Each objective of either run.
    pub objectives: Vec<Pair<Objective>>,
    /// Each runbook step of either run.
    pub steps: Vec<Pair<Step>>,
    /// The steps that decided when each run's recovery ended, first to last.
    pub critical_path: Both<Vec<String>>,
    /// Each data set of either run.
    pub data: Vec<Pair<DataSet>>,
    /// What was found in one run and not in the other.
    pub findings: FindingChanges,
    /// What was drawn otherwise.
    pub draws: Vec<Drawn>,
    /// The scenario of the second run against that of the first, as a unified diff; none where both are the same bytes.
    pub scenario_diff: Option<String>,
}

/// What one of the runs is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// As the user named it.
    pub name: String,
    /// The scenario's name.
    pub scenario: String,
    /// What happens in it.
    pub title: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether the run reached its end.
    pub complete: bool,
    /// Whether it reached its end, and has no seal.
    pub lacks_seal: bool,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The seed of every draw.
    pub seed: u64,
    /// Where its AWS was.
    pub cloud: String,
    /// The version of Firedrill that ran it, if it is on record.
    pub tool: Option<String>,
    /// The hash over all of its records.
    pub seal: Option<String>,
}

/// The same thing in both runs; `null` where a run has none of this name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair<T> {
    /// What it is called.
    pub name: String,
    /// In the first run.
    pub a: Option<T>,
    /// In the second run.
    pub b: Option<T>,
}

/// Something of each run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Both<T> {
    /// Of the first run.
    pub a: T,
    /// Of the second run.
    pub b: T,
}

/// How findings changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingChanges {
    /// In the second run only.
    pub came: Vec<Finding>,
    /// In the first run only.
    pub went: Vec<Finding>,
    /// In both, though their figures may differ: as the second run says them.
    pub stayed: Vec<Finding>,
}

/// Something that was drawn for both runs, and differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// What.
    pub what: String,
    /// For the first run.
    pub a: String,
    /// For the second run.
    pub b: String,
}
