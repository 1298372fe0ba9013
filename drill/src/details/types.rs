//! What the details hold.

use serde::{Deserialize, Serialize};

use super::change::{PlanChange, is_zero};
use crate::report::{Metric, ObjectiveVerdict, Seconds, Verdict};
use crate::scenario::Exercise;

/// The version of `details.json` and `additions.json`.
pub const SCHEMA: u32 = 1;

/// What no record of a run tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The recovery plan that was drilled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<RecoveryPlan>,
    /// Who took part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Person>,
    /// Who prepared the drill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepared_by: Vec<Person>,
    /// Who approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved_by: Vec<Person>,
    /// What the drill covers, and what not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Who owns what, and how they are reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Owner>,
    /// Earlier complete drills of this scenario, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierDrill>,
    /// How many earlier runs were found beside those in `earlier`: older ones, those that did not reach their end, and exercises
    /// without faults.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier_left_out: u64,
    /// The register of findings, as far as it is about this scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<RegisterCopy>,
}

/// What the register of findings said about a scenario when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterCopy {
    /// The file, as the user named it.
    pub file: String,
    /// SHA-256 (hex) of the file.
    pub sha256: String,
    /// When it was read: RFC 3339, UTC.
    pub read_at: String,
    /// Its findings of this scenario, in the order of the file.
    pub findings: Vec<RegisteredFinding>,
}

/// A finding in the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredFinding {
    /// Which finding it is, from drill to drill: see [`crate::register::key`].
    pub key: String,
    /// `F-001`.
    pub id: String,
    /// `open`, `accepted` or `closed`.
    pub status: String,
    /// Who sees to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// By when: `2026-12-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The run that exercised it again and did not find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retested_by: Option<String>,
    /// When the last run began that the register knows to have found it: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    /// When it was closed: `2026-12-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<String>,
}

/// A person in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their role in the drill.
    pub role: String,
    /// How they are reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// When they were named, if that was after the drill: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<String>,
}

/// The owner of a part of the system or of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Of what.
    pub of: String,
    /// Their name.
    pub name: String,
    /// How they are reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// When this was said, if that was after the drill: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<String>,
}

/// What the drill is said to cover, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// In scope, a sentence each.
    pub covers: Vec<String>,
    /// Out of scope, a sentence each.
    pub excludes: Vec<String>,
    /// When this was said, if that was after the drill: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<String>,
}

/// The document that says how the system is recovered (the scenario's runbook is drilled in its place).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPlan {
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its version, as its authors call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The file, as the user named it; none where the plan is no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// SHA-256 (hex) of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Lines of the file, if it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// The plan's own list of scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<PlanScenario>,
    /// What changed in the file since the last drill of this scenario; none where no earlier drill names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<PlanChange>,
    /// When the plan was named, if that was after the drill: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<String>,
}

/// A scenario of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanScenario {
    /// How the plan numbers it.
    pub id: String,
    /// Its title in the plan.
    pub title: String,
    /// The Firedrill scenarios that drill it, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drilled_by: Vec<String>,
    /// The last complete drill of one of them, other than this one, that was found when this drill began; where there was none,
    /// the last exercise without faults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastDrill>,
}

/// When a scenario was last drilled, and what that came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastDrill {
    /// The Firedrill scenario.
    pub scenario: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What kind of exercise it was, if it was one without faults: the scenario was discussed, and not drilled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Exercise>,
}

/// What an earlier drill of the same scenario came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierDrill {
    /// The name of its folder.
    pub run: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The seed of its draws.
    pub seed: u64,
    /// The backend.
    pub cloud: String,
    /// The verdict.
    pub verdict: Verdict,
    /// SHA-256 (hex) of its scenario file.
    pub scenario_sha256: String,
    /// SHA-256 (hex) of the plan's file that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_sha256: Option<String>,
    /// Its seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Its recovery times and recovery points.
    pub figures: Vec<EarlierFigure>,
}

/// A figure of an earlier drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierFigure {
    /// The service.
    pub service: String,
    /// RTO or RPO.
    pub metric: Metric,
    /// The target.
    pub target_s: Seconds,
    /// What was achieved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_s: Option<Seconds>,
    /// If it is not known exactly: it is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least_s: Option<Seconds>,
    /// `actual_s` is exact to ± this.
    pub error_s: Seconds,
    /// What the drill said of it.
    pub verdict: ObjectiveVerdict,
}

impl Details {
    /// Whether there is nothing in them.
    pub fn is_empty(&self) -> bool {
        let nothing = Details {
            schema: self.schema,
            ..Details::default()
        };
        *self == nothing
    }
}
