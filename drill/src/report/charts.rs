//! What charts are drawn from.

use serde::{Deserialize, Serialize};

use super::steps::StepOutput;
use crate::journal::{FleetCounters, Health, LimitShare, RateShare};
use crate::units::{DrillTime, Span};

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
    /// The data set's name, as in [`DataSet::name`](super::DataSet::name).
    pub data: String,
    /// The target.
    pub target: Span,
}
