//! The report: `report.json`, as others build on it, and what the charts show.
//!
//! [`Report`] serialises to `report.json` (schema 1). All times are seconds of drill time since drill 0,
//! rounded to the millisecond, so that the same records give the same bytes. [`Charts`] is what the
//! pictures need besides; it is derived from the same records and not part of `report.json`.

mod charts;
mod data;
mod exercise;
mod findings;
mod fleet;
mod incidents;
mod objectives;
mod steps;
mod verdicts;

pub use charts::{Charts, Clock, Deadline, ProbeSeries, RecoveryPoint, Window};
pub use data::{DataSet, Disruption, LostByCause};
pub use exercise::{ExerciseSummary, Inject, Note, ScenarioSummary};
pub use findings::Finding;
pub use fleet::{Fleet, SessionLoss, StandsFor};
pub use incidents::{ClosedBy, Incident, Phase, Reason, Route};
pub use objectives::{Basis, Chance, Flip, Objective, Protection};
pub use steps::{Fault, Message, Move, Name, Step, StepOutput};
pub use verdicts::{Metric, ObjectiveVerdict, Seconds, Severity, Verdict};

use serde::{Deserialize, Serialize};

use crate::details::Details;
use crate::journal::{CodeFile, FunctionCounters, ProgramCounters, ReadinessCheck};
use crate::scenario::Durations;

/// The version of `report.json`.
pub const SCHEMA: u32 = 1;

/// How journals and reports name the cloud that is Firedrill's own.
pub const EMBEDDED: &str = "embedded";

/// `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was drilled.
    pub scenario: ScenarioSummary,
    /// The seed of every draw.
    pub seed: u64,
    /// The backend.
    pub cloud: String,
    /// The services that the scenario sends elsewhere than they are by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// The ceiling of the clock's rate.
    pub speed: f64,
    /// Whether the rate followed what keeps figures exact, below that ceiling.
    #[serde(default)]
    pub speed_is_auto: bool,
    /// Which of a modelled duration's values the plan has.
    #[serde(default)]
    pub durations: Durations,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC: the last line of the journal.
    pub finished_at: String,
    /// Wall time from the first to the last line.
    pub wall_seconds: f64,
    /// Drill time at the last line.
    pub drill_seconds: Seconds,
    /// SHA-256 (hex) of `seal.sha256`, over everything that the run left; none if it did not reach its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Whether the run reached its end (false: interrupted, this report is partial).
    pub complete: bool,
    /// Whether it is not complete for this reason alone: the drill came to its end, and there is no seal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lacks_seal: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// What kind of exercise it was, if it was one without faults: nothing was broken, and nothing is said of a recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<ExerciseSummary>,
    /// What the verdict rests on.
    pub basis: Basis,
    /// Why, a sentence each, the decisive first.
    pub reasons: Vec<String>,
    /// What the plan relies on, as it was found in the steady state; it decides no verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readiness: Vec<ReadinessCheck>,
    /// The files beside the scenario that the drill ran, as they were when it began; older runs name none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<CodeFile>,
    /// Each objective.
    pub objectives: Vec<Objective>,
    /// Each time that a service was red.
    pub incidents: Vec<Incident>,
    /// Detect, declare, each runbook step, verify (until the incident closed), fleet back.
    pub phases: Vec<Phase>,
    /// Each runbook step.
    pub steps: Vec<Step>,
    /// Each fault.
    pub faults: Vec<Fault>,
    /// Each data set.
    pub data: Vec<DataSet>,
    /// Each protection that the scenario declares, as it was at the end.
    pub protections: Vec<Protection>,
    /// Each name that was moved to another region.
    #[serde(default)]
    pub names: Vec<Name>,
    /// Each function in each region where it was invoked.
    #[serde(default)]
    pub functions: Vec<FunctionCounters>,
    /// Each program that was announced to devices.
    #[serde(default)]
    pub programs: Vec<ProgramCounters>,
    /// Each step that notifies people.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// What people were told in the course of the drill, and what they were not told before it ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub injects: Vec<Inject>,
    /// What people noted at steps, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The fleet, if there was one.
    pub fleet: Option<Fleet>,
    /// What the drill found, the most severe first.
    pub findings: Vec<Finding>,
    /// Which modelled duration, grown by how much, flips an objective.
    pub flips: Vec<Flip>,
    /// How well the clock kept time.
    pub clock: Clock,
    /// What no record tells: people, the plan, scope, earlier drills. None where nothing was given and no earlier drill
    /// found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// A field that is not true says nothing.
fn is_false(value: &bool) -> bool {
    !value
}

/// What a judged run is: the report and its pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// `report.json`.
    pub report: Report,
    /// What the charts show.
    pub charts: Charts,
    /// The loss of sessions of which [`Fleet::reconnected_s`] tells, if there was one.
    pub session_loss: Option<SessionLoss>,
}
