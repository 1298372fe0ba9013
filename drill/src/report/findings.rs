//! What a drill found out about the plan.

use serde::{Deserialize, Serialize};

use super::verdicts::Severity;

/// One thing that the drill found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Which kind of finding it is (`step_failed`): the same in every drill, where the text has the figures of one. Empty in
    /// reports of versions that had none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// A sentence or two; AWS's error code is quoted where there is one.
    pub text: String,
    /// The step that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The service that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The fault that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What it is about where that is none of these: a data set, a bucket, a function, a probe. It identifies the finding
    /// together with its kind; step, service and fault are then what the drill named beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The line of the plan (`plan:151`), where the scenario names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
