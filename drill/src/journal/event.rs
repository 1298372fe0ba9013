//! What a line of the journal can say.

use super::component::Component;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::people::{CodeFile, Performed, ReadinessCheck};
use super::{FleetCounters, FunctionCounters, ProgramCounters};
use crate::scenario::{Durations, Exercise};
use crate::units::{DrillTime, Span};

/// The health that one probe run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The service did what the probe asks of it.
    Green,
    /// It did not.
    Red,
    /// Our own lateness explains the result: nothing is known.
    Unknown,
}

/// Why a probe ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To measure the health of the service.
    Health,
    /// As the monitoring that detects the disaster would, at its own interval.
    Detection,
}

/// How a runbook step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It did what it should.
    Done,
    /// It ended with an error, or what it was to achieve is not there.
    Failed,
    /// A person decided not to do it, and said why.
    Skipped,
    /// It was gone through in an exercise without faults, and nothing was done.
    GoneThrough,
    /// It never began: an earlier step aborted, or the drill ended before.
    NotStarted,
    /// The drill ended while it ran.
    Interrupted,
}

impl StepOutcome {
    /// Whether the step came to an end of its own, well or not.
    pub fn is_an_end(self) -> bool {
        !matches!(self, StepOutcome::NotStarted | StepOutcome::Interrupted)
    }

    /// Whether what it was to do was not done, so that what its `on_failure` says holds.
    pub fn is_not_done(self) -> bool {
        matches!(self, StepOutcome::Failed | StepOutcome::Skipped)
    }
}

/// The error of a step, as the service gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// The operation that failed (`PutBucketVersioning`).
    pub operation: String,
    /// AWS's error code (`InvalidBucketState`), or our own in the same style.
    pub code: String,
    /// The message that came with it.
    pub message: String,
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.code, self.message)
    }
}

impl std::error::Error for StepError {}

/// Which of the two audits: A when the incidents are closed, B at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditId {
    /// Made when every incident is confirmed closed, or at `give_up`; the RPA is judged on it.
    A,
    /// Made at the end, after writers and devices have stopped.
    B,
}

/// One of the two sealed binary records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// `ledger.bin`.
    Ledger,
    /// `audit.bin`.
    Audit,
}

/// What ended a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultEnd {
    /// Its own duration (`for:`) was over: in reality, the provider repaired it.
    Itself,
    /// A step of the runbook undid it.
    Step,
    /// The drill was over, and the fault was removed.
    Teardown,
}

/// Why the drill ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// All steps done, services green for `observe_for`, audits complete.
    Recovered,
    /// Detection never fired, and services were green for `observe_for` after the last fault.
    NotDetected,
    /// All steps done, and every open objective is already missed.
    AllMissed,
    /// `give_up` came with services still red.
    GaveUp,
    /// There was no steady state: no fault was injected.
    NoSteadyState,
    /// The scenario has no faults, and its steady state was observed.
    NoFaults,
    /// An exercise without faults: every step was gone through, and every inject told.
    ExerciseDone,
    /// A broker process ended though no fault asked for it.
    BrokerDied,
    /// A container or an endpoint that the drill ran on ended by itself.
    CloudDied,
    /// A file of the run could not be written.
    RecordLost,
    /// A signal ended it.
    Interrupted,
}

/// The time that was spent at one rate of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateShare {
    /// Drill seconds per wall second.
    pub rate: f64,
    /// Wall seconds spent at it.
    pub wall_s: f64,
}

/// The time in which one thing limited the rate of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitShare {
    /// What it was.
    pub limit: String,
    /// Wall seconds under it.
    pub wall_s: f64,
    /// Drill seconds that passed in them.
    pub drill_s: f64,
}

/// A region of the cloud and its endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionEndpoint {
    /// The scenario's label (`primary`).
    pub label: String,
    /// The AWS region (`us-west-2`).
    pub region: String,
    /// The URL of its gateway.
    pub endpoint: String,
}

/// What happened. A new kind of event is a new variant; fields are only ever added, with a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first line: what is drilled, with what.
    Started {
        /// The version of Firedrill.
        tool: String,
        /// The scenario's name.
        scenario: String,
        /// SHA-256 (hex) of the scenario file.
        scenario_sha256: String,
        /// SHA-256 (hex) of the plan.
        plan_sha256: String,
        /// The seed of every draw.
        seed: u64,
        /// The backend (`embedded`).
        cloud: String,
        /// The ceiling of the clock's rate.
        speed: f64,
        /// Whether the rate followed what keeps figures exact.
        #[serde(default)]
        speed_is_auto: bool,
        /// Which of a modelled duration's values the plan has; none in older journals, where it is what the scenario says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        durations: Option<Durations>,
        /// SHA-256 (hex) of `details.json`, if the run has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        details_sha256: Option<String>,
        /// The kind of an exercise that injects no faults; none of one that does, and in older journals, where a kind was
        /// not heeded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exercise: Option<Exercise>,
        /// Whether people perform the human steps (`--interactive`).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        interactive: bool,
        /// Whether their answers came from a file or pipe and not from a terminal; older journals do not tell.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        answers_from_file: bool,
    },
    /// The machine that records the drill. Older journals have no such line.
    Machine {
        /// The kernel, its version and architecture (`Linux 6.12.0 x86_64`).
        kernel: String,
        /// The model of the processor.
        processor: String,
        /// The cores that the drill may use.
        cores: u64,
    },
    /// The files beside the scenario that the drill runs, as they were when it began. Older journals have no such line.
    Code {
        /// Scripts of steps, what these name of the scenario's folder, and packages of functions.
        files: Vec<CodeFile>,
    },
    /// Drill 0: the cloud answers.
    CloudReady {
        /// Its regions.
        regions: Vec<RegionEndpoint>,
    },
    /// The clock's rate changed.
    Rate {
        /// Drill seconds per wall second from here on.
        rate: f64,
        /// What holds it there.
        reason: String,
    },
    /// One run of a probe ended (the line's time; a result is dated at its end).
    Probe {
        /// The probe's name.
        probe: String,
        /// Why it ran.
        purpose: Purpose,
        /// When it began.
        began: DrillTime,
        /// What it found.
        health: Health,
        /// How many of the sampled things were as they should be.
        passed: u32,
        /// How many were sampled.
        sampled: u32,
        /// The first thing that was wrong, in words, with AWS's error code where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// The labels of the regions that it was answered from, by the names that it resolved (a bucket's or a
        /// function's label, `iot`).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        via: BTreeMap<String, String>,
    },
    /// The steady state was reached, or was not there when the first fault was due.
    SteadyState {
        /// Whether faults may be injected.
        reached: bool,
        /// Why not, or since when.
        detail: String,
    },
    /// A fault was injected.
    #[serde(rename = "fault_injected", alias = "fault_struck")]
    FaultInjected {
        /// Its id.
        fault: String,
        /// Its kind (`s3.delete_objects`).
        action: String,
        /// What it touched (object keys), in the order in which it did.
        targets: Vec<String>,
    },
    /// The read-back of a fault has a result.
    FaultProven {
        /// The fault's id.
        fault: String,
        /// Whether what it broke was really broken.
        proven: bool,
        /// What was seen.
        #[serde(rename = "witness")]
        evidence: String,
    },
    /// A fault is over.
    FaultEnded {
        /// Its id.
        fault: String,
        /// What ended it.
        by: FaultEnd,
    },
    /// The monitoring fired.
    Detected {
        /// The probe that it watches.
        probe: String,
        /// How many of the last checks failed, in words.
        detail: String,
    },
    /// A runbook step began.
    StepStarted {
        /// Its id.
        step: String,
        /// Its kind (`s3.restore_objects`).
        action: String,
    },
    /// A runbook step ended.
    StepEnded(StepEnd),
    /// A line that the user's own command wrote.
    StepOutput {
        /// The step's id.
        step: String,
        /// `stdout`, `stderr`, or `firedrill` for a note of what is left out.
        stream: String,
        /// The line, secrets masked.
        text: String,
    },
    /// A person made a note at a step (`--interactive`).
    Note {
        /// The step's id.
        step: String,
        /// Who.
        by: String,
        /// What.
        text: String,
    },
    /// An exercise without faults begins: what is told as the disaster would happen now.
    ExerciseBegan,
    /// People were told what the scenario has for this time.
    Inject {
        /// The role that it is for, if it is for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// What.
        text: String,
        /// The fault that is told, in an exercise that injects none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<String>,
    },
    /// What the plan relies on, as it was found in the steady state.
    Readiness {
        /// Each thing that was looked at.
        checks: Vec<ReadinessCheck>,
    },
    /// People were told.
    Message {
        /// The step's id.
        step: String,
        /// Who.
        to: String,
        /// What, as it was rendered.
        text: String,
    },
    /// A logical name points to another region from now on.
    NameMoved {
        /// The name: the label of a bucket or a function, or `iot`.
        name: String,
        /// The label of the region that it pointed to.
        from: String,
        /// The label of the region that it points to.
        to: String,
        /// The step that moved it.
        by: String,
    },
    /// Replication of a bucket was stopped or resumed.
    Replication {
        /// The source bucket's label.
        bucket: String,
        /// Whether copies are being made.
        running: bool,
        /// Who or what changed it (a fault's or a step's id).
        by: String,
    },
    /// A copy could not be made, and never will be.
    ReplicaFailed {
        /// The source bucket's label.
        bucket: String,
        /// The object's key.
        key: String,
        /// Why (`ChecksumMismatch`).
        reason: String,
    },
    /// Copies of a bucket were made later than any before: the S3 that the drill ran on had to be asked for them, and
    /// took its time.
    CopiesLate {
        /// The source bucket's label; with `/` and a region's label, its replica in that region copied back.
        bucket: String,
        /// When the copy was due.
        due: DrillTime,
        /// How much later it was made, or, where copies were stopped then, how long it had waited.
        late: Span,
    },
    /// The fleet's counters, cumulative since drill 0, every 10 drill seconds.
    Fleet(FleetCounters),
    /// The counters of a function, every 10 drill seconds when they have changed.
    Functions(FunctionCounters),
    /// Devices with a session, by the label of their broker's region, every 10 drill seconds when it has changed.
    Devices {
        /// Every region that has a broker.
        connected: Vec<(String, u64)>,
    },
    /// What became of a program that was announced to devices, every 10 drill seconds when it has changed.
    Program(ProgramCounters),
    /// A broker changed its state.
    Broker {
        /// The region's label.
        region: String,
        /// Whether it answers.
        running: bool,
        /// What happened.
        detail: String,
    },
    /// An audit began (`complete` is `None`) or ended.
    Audit {
        /// Which one.
        audit: AuditId,
        /// Writes produced before this instant are judged.
        cut: DrillTime,
        /// Whether everything could be read.
        complete: Option<bool>,
        /// What could not be, in words.
        detail: String,
    },
    /// A component of Firedrill was saturated: figures that depend on it are inconclusive.
    Saturated {
        /// Which component.
        #[serde(rename = "what")]
        component: Component,
        /// In words.
        detail: String,
    },
    /// A binary record is complete.
    Sealed {
        /// Which one.
        record: Record,
        /// SHA-256 (hex) of the file.
        sha256: String,
    },
    /// How well the clock kept time.
    Clock {
        /// 99th percentile of how late timers fired, in milliseconds of wall time.
        lag_ms_p99: f64,
        /// The latest of all.
        lag_ms_max: f64,
        /// The 99th percentile of the lateness in drill time.
        lag_drill_p99: Span,
        /// Likewise of the timers of devices, which count in none of the above.
        #[serde(default)]
        fleet_lag_drill_p99: Span,
        /// Wall time spent by rate, in ascending order of rates.
        rates: Vec<RateShare>,
        /// Time by what limited the rate, the longest first.
        #[serde(default)]
        limits: Vec<LimitShare>,
    },
    /// Something that a reader of the report should know.
    Warning {
        /// A sentence.
        text: String,
    },
    /// A protection that the scenario declares, as it was found at the end.
    Protection(Protection),
    /// A signal asked the drill to end.
    Interrupted {
        /// Its name.
        signal: String,
    },
    /// The last line of a complete run.
    Finished {
        /// Why it ended.
        reason: EndReason,
    },
}

/// A protection that the scenario declares, as the public API showed it at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Of what: the label of a bucket or of a function.
    pub of: String,
    /// The label of the region in which it was looked for.
    pub region: String,
    /// Which.
    pub kind: ProtectionKind,
    /// Whether it is there; `None` if that could not be read.
    pub holds: Option<bool>,
    /// What was found, in words.
    pub found: String,
}

/// What keeps data or a service from the next disaster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionKind {
    /// A bucket keeps older versions.
    Versioning,
    /// New objects are copied to another region.
    Replication,
    /// The other region has what is to be copied there.
    Copies,
    /// A function may run as often at once as was declared.
    Concurrency,
    /// A function answers under its alias with the code that was declared.
    Version,
}

/// How a runbook step ended, with the provenance of its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEnd {
    /// The step's id.
    pub step: String,
    /// Its kind (`s3.restore_objects`).
    pub action: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// Work that was done here: the union of the step's own guards.
    pub measured: Span,
    /// Time that stands for something that did not happen here.
    pub modelled: Span,
    /// Time that a person took, here.
    pub observed: Span,
    /// Where the modelled duration comes from (`assumed`, `plan:151`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// API calls that it made.
    pub calls: u64,
    /// Bytes of bodies that it moved, both ways.
    pub bytes: u64,
    /// Calls that were made again.
    pub retries: u64,
    /// The longest chain of its calls in which each began after the one before it was served: what it waited for one after the
    /// other. 0 where that was not recorded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequential_waits: u64,
    /// How often the step was tried.
    #[serde(default = "once")]
    pub attempts: u32,
    /// The part of `modelled` that stands for what its calls and bytes take at AWS (`timing: aws`).
    #[serde(default)]
    pub charged: Span,
    /// When its guards were held, of which `measured` is the union; empty where that was not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<(DrillTime, DrillTime)>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StepError>,
    /// What it found or did, in words (`327 of 570 objects damaged`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Who performed it (`--interactive`); none of a step that no person ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<Box<Performed>>,
}

/// What a step says ([`StepEnd::detail`]) that looked for damage and found none.
pub const NO_DAMAGE: &str = "no damage found";

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn once() -> u32 {
    1
}
