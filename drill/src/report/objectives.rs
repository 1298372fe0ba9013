//! Targets, what was achieved of them, and what would change that.

use serde::{Deserialize, Serialize};

use super::verdicts::{Metric, ObjectiveVerdict, Seconds};
use crate::journal::ProtectionKind;

/// One objective: a target, what was achieved, how exactly, and the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// The service; the drill's MTD stands under `*`.
    pub service: String,
    /// Which target.
    pub metric: Metric,
    /// The target.
    pub target_s: Seconds,
    /// What was achieved, if it is known; the bound of `at_least_s` where that is given.
    pub actual_s: Option<Seconds>,
    /// If it is not known exactly: it is at least this.
    pub at_least_s: Option<Seconds>,
    /// RTO only: counted from the declaration of the disaster.
    pub actual_from_declaration_s: Option<Seconds>,
    /// The part of `actual_s` that was work done here.
    pub measured_s: Seconds,
    /// The part that was modelled.
    pub modelled_s: Seconds,
    /// The part that a person took.
    pub observed_s: Seconds,
    /// `actual_s` is exact to ± this.
    pub error_s: Seconds,
    /// Where the target comes from (`plan:44`), if the scenario says so.
    pub source: Option<String>,
    /// The verdict.
    pub verdict: ObjectiveVerdict,
    /// Why the emulator and not the plan decided this result, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by_emulator: Option<String>,
    /// How often it would be met in many such disasters, if that was simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
}

/// How often a target would be met in many disasters like that of the drill, whose durations are drawn: simulated, not
/// measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Disasters that were simulated.
    pub runs: u64,
    /// Those in which it was met.
    pub met: u64,
    /// The interval in which the chance lies with a confidence of 95 % (Wilson's score), as shares from 0 to 1: its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The median of the figure; null where more than half of the disasters have no end to it.
    pub median_s: Option<Seconds>,
    /// What 95 in 100 disasters stay within; null where more than 5 in 100 have no end to it.
    pub within_95_s: Option<Seconds>,
}

/// What a verdict rests on: the time during which services were red after the faults, and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Work that was done here.
    pub measured_s: Seconds,
    /// What was modelled, what was assumed included.
    pub modelled_s: Seconds,
    /// The part of it whose only source is the scenario's author.
    pub assumed_s: Seconds,
    /// Time that people took.
    pub observed_s: Seconds,
    /// In words.
    pub text: String,
}

/// A protection that the scenario declares, as it was found at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protection {
    /// Of which bucket or function, by its label.
    pub of: String,
    /// Where it was looked for: the label of the region.
    pub region: String,
    /// Which.
    pub kind: ProtectionKind,
    /// Whether it is there; `null` if that is unknown.
    pub holds: Option<bool>,
    /// What was found.
    pub found: String,
    /// Who removed it (`step contain`, `fault loss`), if it is not there and the records tell.
    pub removed_by: Option<String>,
    /// Why it is not judged, though it is not there.
    pub excused: Option<String>,
}

/// A modelled duration that decides an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The step whose modelled time it is, or `detection`.
    pub duration: String,
    /// Grown by this (shrunk, if negative), the objective's figure meets its target from the other side.
    pub grown_by_s: Seconds,
    /// ± this: beyond it the verdict is surely the other one.
    pub error_s: Seconds,
    /// `service metric`.
    pub objective: String,
}
