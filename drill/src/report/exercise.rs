//! What was drilled, with whom.

use serde::{Deserialize, Serialize};

use super::verdicts::Seconds;
use crate::scenario::Exercise;

/// An exercise in which nothing was broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExerciseSummary {
    /// Which kind.
    pub kind: Exercise,
    /// Whether people took part and every step was gone through to its end.
    pub complete: bool,
    /// Who took part, by the names that they gave, in the order of their first step.
    pub people: Vec<String>,
    /// What it was, in a sentence.
    pub text: String,
}

/// What people were told at a time of the drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inject {
    /// When they were told; `null` if the drill ended before.
    pub at_s: Option<Seconds>,
    /// The role that it was for, if it was for one.
    pub to: Option<String>,
    /// What.
    pub text: String,
    /// The fault that was told, in an exercise that injects none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What a person noted at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at_s: Seconds,
    /// The step's id.
    pub step: String,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// What was drilled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioSummary {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The system that it is about.
    pub system: String,
    /// The plan that it drills.
    pub source: Option<String>,
    /// SHA-256 (hex) of the scenario file.
    pub sha256: String,
}
