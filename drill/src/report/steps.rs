//! What was done, and what was done to the systems.

use serde::{Deserialize, Serialize};

use super::incidents::Reason;
use super::verdicts::Seconds;
use crate::journal::{Performed, StepOutcome};

/// A runbook step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Its kind.
    #[serde(rename = "do")]
    pub action: String,
    /// The window for its end, from the declaration (or what `from:` says).
    pub within_s: Option<[Seconds; 2]>,
    /// Whether it was done by the end of its window, which is exact to how late events were; `null` where it has none, and
    /// where that cannot be told yet.
    pub in_time: Option<bool>,
    /// How long after the end of its window it ended, if it ended too late.
    pub late_s: Option<Seconds>,
    /// When it began.
    pub start_s: Option<Seconds>,
    /// When it ended.
    pub end_s: Option<Seconds>,
    /// Work that was done here.
    pub measured_s: Seconds,
    /// Modelled time.
    pub modelled_s: Seconds,
    /// Time that a person took.
    pub observed_s: Seconds,
    /// API calls.
    pub calls: u64,
    /// Bytes of bodies, both ways.
    pub bytes: u64,
    /// Calls made again.
    pub retries: u64,
    /// The longest chain of its calls in which each began after the one before it was served; 0 in older runs.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequential_waits: u64,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u64,
    /// The part of `modelled_s` that its calls and bytes would take at AWS.
    #[serde(default)]
    pub charged_s: Seconds,
    /// How it ended.
    pub outcome: StepOutcome,
    /// Where the step comes from (`plan:151`).
    pub source: Option<String>,
    /// The error, with AWS's code first.
    pub error: Option<String>,
    /// What it found or did.
    pub detail: Option<String>,
    /// Of a gate that did not open: why results of its probe were red while it waited, the most frequent reason first.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// Who performed it, and when; none of a step that no person ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<Performed>,
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Its id.
    pub id: String,
    /// Its kind.
    #[serde(rename = "do")]
    pub action: String,
    /// When it was injected; `null` if it never was.
    pub start_s: Option<Seconds>,
    /// When it ended, if it has an end.
    pub end_s: Option<Seconds>,
    /// Whether the read-back proved it.
    pub proven: bool,
    /// What the read-back returned.
    #[serde(rename = "witness")]
    pub evidence: String,
    /// How many things it touched.
    pub targets: u64,
}

/// A name and its moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Name {
    /// The label of a bucket or a function, or `iot`.
    pub name: String,
    /// In order of time.
    pub moves: Vec<Move>,
}

/// A name points to another region from here on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// When.
    pub at_s: Seconds,
    /// The label of the region that it pointed to.
    pub from: String,
    /// The label of the region that it points to.
    pub to: String,
    /// The step that moved it.
    pub by: String,
}

/// People were to be notified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The step's id.
    pub step: String,
    /// Whom it tells.
    pub to: String,
    /// When they were told, if they were.
    pub at_s: Option<Seconds>,
    /// By when, if there is a deadline and what it counts from came.
    pub due_s: Option<Seconds>,
    /// Whether they were told by then; `null` without a deadline.
    pub in_time: Option<bool>,
}

/// What the commands of a step wrote, as the journal has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepOutput {
    /// The step's id.
    pub step: String,
    /// Stream (`stdout`, `stderr`, or `firedrill` for a note of what is left out) and line.
    pub lines: Vec<(String, String)>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
