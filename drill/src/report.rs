//! The report: `report.json`, as others build on it, and what the charts show.
//!
//! [`Report`] serialises to `report.json` (schema 1). All times are seconds of drill time since drill 0,
//! rounded to the millisecond, so that the same records give the same bytes. [`Charts`] is what the
//! pictures need besides; it is derived from the same records and not part of `report.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::details::Details;
use crate::journal::{
    CodeFile, FleetCounters, FunctionCounters, Health, LimitShare, Outcome, Performed, ProgramCounters,
    ProtectionKind, RateShare, ReadinessCheck,
};
use crate::scenario::{Durations, Exercise};
use crate::units::{DrillTime, Span};

/// The version of `report.json`.
pub const SCHEMA: u32 = 1;

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
    /// Each step that tells someone.
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
    /// The part of it of which nobody but the scenario's author says how long it takes.
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
    /// Whether it is there; `null` if nobody could tell.
    pub holds: Option<bool>,
    /// What was found.
    pub found: String,
    /// Who removed it (`step contain`, `fault loss`), if it is not there and the records tell.
    pub removed_by: Option<String>,
    /// Why it is not judged, though it is not there.
    pub excused: Option<String>,
}

/// Where a service was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// AWS's name of the service in signatures (`s3`).
    pub service: String,
    /// `embedded`, the name of the drill's cloud, or a URL.
    pub to: String,
}

/// What closed an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// A step of the runbook.
    Step,
    /// The fault ended by itself.
    FaultEnd,
    /// Nothing that a step or a fault did: producers wrote anew what was missing.
    Itself,
    /// A step changed something when the fault ended by itself: it cannot be told which it was.
    Ambiguous,
}

/// A time during which a service was red.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// The service.
    pub service: String,
    /// The fault that turned it red.
    pub fault: Option<String>,
    /// When that fault struck.
    pub start_s: Seconds,
    /// The start of the first window in which health held for `stable_for`.
    pub end_s: Option<Seconds>,
    /// Up to here it surely lasted: its end, or the last red result.
    pub until_s: Seconds,
    /// It came after an incident of the same service had closed.
    pub relapse: bool,
    /// What closed it; `null` while it is open.
    pub closed_by: Option<ClosedBy>,
    /// The step that closed it, or may have.
    pub step: Option<String>,
    /// It seemed to be over at this instant, and was not: too many single results were red after it.
    pub unstable_from_s: Option<Seconds>,
    /// The share of red results, from its end (or from `unstable_from_s`) for `observe_for`.
    pub red_after_close: Option<f64>,
    /// Why results were red in its course, the most frequent reason first.
    pub reasons: Vec<Reason>,
}

/// Why results of a probe were red.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// As the first of them said it.
    pub text: String,
    /// How many said so.
    pub count: u64,
}

/// A part of the recovery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// `detect`, `declare`, a step's id, `verify`, `failback`, `fleet 90 %`.
    pub name: String,
    /// When it began.
    pub start_s: Seconds,
    /// When it ended.
    pub end_s: Option<Seconds>,
    /// Work that was done here.
    pub measured_s: Seconds,
    /// Modelled time (waiting in drill time included).
    pub modelled_s: Seconds,
    /// Time that a person took.
    pub observed_s: Seconds,
}

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
    pub outcome: Outcome,
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

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Its id.
    pub id: String,
    /// Its kind.
    #[serde(rename = "do")]
    pub action: String,
    /// When it struck; `null` if it never did.
    pub start_s: Option<Seconds>,
    /// When it ended, if it has an end.
    pub end_s: Option<Seconds>,
    /// Whether its witness saw it.
    pub proven: bool,
    /// What the witness saw.
    pub witness: String,
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

/// Someone was to be told.
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

/// What became of the writes of one data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataSet {
    /// Its name in the objectives.
    pub name: String,
    /// `acknowledged` or `produced`.
    pub counted_from: String,
    /// stable + delayed + lost + corrupted + stale.
    pub counted: u64,
    /// Of the writes produced before the cut, how many were acknowledged.
    pub acknowledged: u64,
    /// Readable, in time, as written.
    pub stable: u64,
    /// Readable, but more than `late_after` after it was produced.
    pub delayed: u64,
    /// Not there.
    pub lost: u64,
    /// There with other bytes.
    pub corrupted: u64,
    /// An older version is there.
    pub stale: u64,
    /// There more than once.
    pub duplicated: u64,
    /// Deleted, and there again.
    pub resurrected: u64,
    /// Never acknowledged, but there.
    pub recovered: u64,
    /// Nobody wrote it.
    pub unexpected: u64,
    /// Written over, or deleted, before it could be lost: not counted.
    pub superseded: u64,
    /// The audit could not read them, or did not: not counted, and the figures are inconclusive.
    #[serde(default)]
    pub unknown: u64,
    /// Where the lost ones died; adds up to `lost`.
    pub lost_by_hop: BTreeMap<String, u64>,
    /// The recovery point that was achieved.
    pub rpa_s: Option<Seconds>,
    /// If no older write survived: it is at least this.
    pub rpa_at_least_s: Option<Seconds>,
    /// The part of it before the fault.
    pub rpa_before_fault_s: Seconds,
    /// The part after it.
    pub rpa_after_fault_s: Seconds,
    /// When the oldest lost, corrupted or stale write was produced (seconds since drill 0).
    pub oldest_lost_s: Option<Seconds>,
    /// When the newest was.
    pub newest_lost_s: Option<Seconds>,
    /// How exactly a write is dated.
    pub resolution_s: Seconds,
    /// Age of the delayed at the time when they became readable: p50, p90, p99, max.
    pub delay_s: BTreeMap<String, Seconds>,
    /// Of the lost, corrupted and stale, those that stood as written in the store of the other region, where no client
    /// looked.
    #[serde(default)]
    pub elsewhere: u64,
    /// Lost in audit A, there in audit B.
    pub recovered_later: u64,
    /// There in audit A, or written after it, and lost in audit B.
    pub lost_in_failback: u64,
    /// Readable more than `late_after` after they were produced for no reason but that this machine was late: they are
    /// among the stable.
    pub late_here: u64,
    /// Who destroyed the lost, corrupted and stale: adds up to them.
    pub lost_by_cause: Vec<LostByCause>,
    /// The events in whose course writes were destroyed, the worst first; `rpa_s` is that of the first.
    pub disruptions: Vec<Disruption>,
}

/// How many writes someone or something destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostByCause {
    /// `fault loss`, `step lose`, or who else in words; `unknown` where nothing tells.
    pub cause: String,
    /// How many.
    pub count: u64,
}

/// An event in whose course writes were destroyed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disruption {
    /// The fault that dates it.
    pub fault: Option<String>,
    /// The step that was it, outside any incident.
    pub step: Option<String>,
    /// Somebody else who was, in words.
    pub other: Option<String>,
    /// When it struck; `null` if nothing tells.
    pub at_s: Option<Seconds>,
    /// How many writes it cost, those that were gone again at the end included.
    pub damaged: u64,
    /// Its recovery point.
    pub rpa_s: Option<Seconds>,
    /// If that is not known exactly: it is at least this.
    pub rpa_at_least_s: Option<Seconds>,
}

/// The fleet as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Devices.
    pub devices: u64,
    /// The most that were connected at once.
    pub connected_peak: u64,
    /// The fault that disconnected devices; of several, that after which their return took longest.
    pub disconnected_by: Option<String>,
    /// When it struck.
    pub disconnected_at_s: Option<Seconds>,
    /// For 50, 90, 99 and 100 % of those connected at that fault: when they were back, from it;
    /// `null` where they were not, absent where none was ever gone.
    pub reconnected_s: BTreeMap<String, Option<Seconds>>,
    /// Connections attempted.
    pub connect_attempts: u64,
    /// The most of them in a drill second, over 10 drill seconds.
    pub connect_attempts_per_s_peak: f64,
    /// Messages that died in outboxes.
    pub outbox_dropped: u64,
    /// What the number of devices that the scenario says this fleet stands for would do: modelled, never measured. Absent
    /// where the scenario names none, or no fault took sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<StandsFor>,
}

/// What a larger fleet would do after the fault that disconnected this one: modelled, by the same policy, the same quota and
/// the same time without an endpoint. All times are counted from the fault, as in [`Fleet::reconnected_s`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StandsFor {
    /// So many devices.
    pub devices: u64,
    /// The quota: connections that the endpoint accepts per second.
    pub connects_per_second: u64,
    /// From the fault until a broker to which devices are sent accepted the first; `null` if none did while the fleet was
    /// observed, and then nothing is modelled.
    pub closed_for_s: Option<Seconds>,
    /// The model of the fleet that was drilled: when 50, 90, 99 and 100 % are back, to compare with
    /// [`Fleet::reconnected_s`]; `null` where they never are.
    pub modelled_here_s: BTreeMap<String, Option<Seconds>>,
    /// The model of `devices`: when 50, 90, 99 and 100 % are back; `null` where they never are, or not in the time that is
    /// modelled.
    pub modelled_s: BTreeMap<String, Option<Seconds>>,
    /// By how much `modelled_here_s` is off what was measured, at most, at 50, 90 and 99 %: as a share of the shorter of
    /// both, each counted from `closed_for_s` on, since before it nothing is modelled. What is modelled of `devices` after
    /// `closed_for_s` is exact to this share of it. `null` where one of them came back and the other did not.
    pub validation_error: Option<f64>,
    /// No policy could have all of `devices` back before, with this quota.
    pub floor_s: Option<Seconds>,
    /// Connections that `devices` would attempt.
    pub attempts: Option<u64>,
    /// The most of them in a second.
    pub attempts_per_s_peak: Option<u64>,
    /// In words.
    pub text: String,
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

/// How well the clock kept time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// 99th percentile of how late timers fired, in milliseconds of wall time.
    pub lag_ms_p99: f64,
    /// The latest of all.
    pub lag_ms_max: f64,
    /// Wall time spent by rate.
    pub rates: Vec<RateShare>,
    /// Time by what limited the rate, the longest first.
    #[serde(default)]
    pub limits: Vec<LimitShare>,
}

/// What the pictures show besides the report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charts {
    /// Each probe's results in order.
    pub probes: Vec<ProbeSeries>,
    /// The fleet's counters over time.
    pub fleet: Vec<(DrillTime, FleetCounters)>,
    /// When the monitoring fired.
    pub detected: Option<DrillTime>,
    /// When the disaster was declared.
    pub declared: Option<DrillTime>,
    /// The end of the drill.
    pub end: DrillTime,
    /// The targets on the recovery's waterfall: service, RTO, counted from this instant.
    pub deadlines: Vec<Deadline>,
    /// The windows of the steps that have one and whose reference was reached.
    pub windows: Vec<Window>,
    /// The RPO targets, each with the data set that it is judged on.
    pub recovery_points: Vec<RecoveryPoint>,
    /// What the commands of steps wrote, in the order of the runbook; steps that wrote nothing are left out.
    pub outputs: Vec<StepOutput>,
}

/// What the commands of a step wrote, as the journal has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepOutput {
    /// The step's id.
    pub step: String,
    /// Stream (`stdout`, `stderr`, or `firedrill` for a note of what is left out) and line.
    pub lines: Vec<(String, String)>,
}

/// The results of one probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeSeries {
    /// The probe's name.
    pub name: String,
    /// The services that it stands for.
    pub services: Vec<String>,
    /// Result and the instant at which it is dated.
    pub results: Vec<(DrillTime, Health)>,
}

/// A target as an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Deadline {
    /// The service, and which target.
    pub label: String,
    /// From when it counts.
    pub from: DrillTime,
    /// How long it allows.
    pub target: Span,
}

/// The window for a step's end as instants: `within_s` counted from the declaration, or from what
/// `from:` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The step's id.
    pub step: String,
    /// When it opens.
    pub opens: DrillTime,
    /// When it closes.
    pub closes: DrillTime,
}

/// A recovery point objective and the data set that it is judged on.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryPoint {
    /// The service.
    pub service: String,
    /// The data set's name, as in [`DataSet::name`].
    pub data: String,
    /// The target.
    pub target: Span,
}

/// How the fleet lost its sessions by a fault, and from when on it could have new ones: what a model of the same storm
/// begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLoss {
    /// Devices with a session at the fault.
    pub devices: u64,
    /// From the fault to the first loss of a session.
    pub begins_after: Span,
    /// From the first loss to the last.
    pub over: Span,
    /// From the fault until a broker to which devices are sent accepted the first; none while the fleet was observed.
    pub opens_after: Option<Span>,
    /// Devices learn of it so much later, in the mean: half of the TTL with which they keep the answer of a resolver, where
    /// a name was moved.
    pub learnt_after: Span,
    /// For so long after the fault the fleet was observed.
    pub observed_for: Span,
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
