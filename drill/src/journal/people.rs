//! What people did at a step, what code was run, and what was found of what a plan relies on: the same in journal and report.

use serde::{Deserialize, Serialize};

/// How a person ended a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// They said that it is done; in an exercise without faults, that it was gone through.
    Confirmed,
    /// They did not do it, and said why.
    Skipped,
    /// They gave the approval that the step is.
    Approved,
}

/// Who performed a step, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performed {
    /// The name that was given.
    pub by: String,
    /// The role as which they approved, of an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// When they ended the step: wall time, RFC 3339 in UTC.
    pub at: String,
    /// How.
    pub how: How,
    /// Why it was skipped; else what was noted at the step, a line each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The checklist of the step, as it was ticked at its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<ChecklistItem>,
}

impl Performed {
    /// How many items of the checklist are ticked.
    pub fn ticked(&self) -> usize {
        self.checklist.iter().filter(|item| item.ticked).count()
    }
}

/// An item of a step's checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItem {
    /// As the scenario has it.
    pub item: String,
    /// Whether it was ticked.
    pub ticked: bool,
}

/// A file that a drill runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFile {
    /// Its path from the scenario's folder.
    pub path: String,
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
}

/// One thing that a plan relies on, as it was found before anything was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessCheck {
    /// What must hold (`versioning of programs in primary`).
    pub what: String,
    /// Whether it does; `null` if that cannot be told.
    pub holds: Option<bool>,
    /// What was found.
    pub found: String,
    /// What to do about it; empty where it holds.
    pub remedy: String,
}
