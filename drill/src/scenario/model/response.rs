//! What breaks, who notices, and what is done about it.

use serde::{Deserialize, Serialize};

use super::{CountOf, FaultAction, Source, StepAction};
use crate::units::Span;

/// Something that breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its id; default the name of its action, with `-2`, `-3` and so on for the next of that name.
    pub id: String,
    /// When, from drill 0.
    pub at: Span,
    /// What it does.
    pub action: FaultAction,
    /// After how long it ends by itself; only faults that can end have it.
    #[serde(rename = "for")]
    pub for_: Option<Span>,
    /// Where it stands in the file.
    pub line: u32,
}

/// Notices that a service is down, as monitoring would: it has fired once `failing` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// The probe that it asks.
    pub probe: String,
    /// How many of its last asks must fail; default 3 of 5.
    pub failing: CountOf,
    /// How often it asks; default 1m.
    pub every: Span,
    /// Where it stands.
    pub from: Vantage,
    /// Where it stands in the file.
    pub line: u32,
}

/// Where monitoring stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vantage {
    /// Outside of the regions, so that no outage silences it.
    #[default]
    External,
}

/// A step of the recovery procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id; that of the one that declares the disaster is `declare`.
    pub id: String,
    /// What it does.
    pub action: StepAction,
    /// When it should end. A check, never a delay; early is no miss.
    pub within: Option<Within>,
    /// Modelled time that it takes beside the work that is done here.
    pub takes: Option<Takes>,
    /// Where the step, its window and its duration come from.
    pub source: Source,
    /// What becomes of the steps after it when it fails; default [`OnFailure::Continue`].
    pub on_failure: OnFailure,
    /// Where it stands in the file.
    pub line: u32,
}

/// When a step should end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// The beginning of the window, which is only shown.
    pub from: Span,
    /// Its end, by which the step should have ended.
    pub to: Span,
    /// What both count from; default the declaration, for `declare` itself the detection.
    pub counted_from: Reference,
}

/// An instant that windows count from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    /// The first fault.
    Fault,
    /// When detection fired.
    Detection,
    /// The end of step `declare`; without one, detection.
    Declaration,
    /// The end of this earlier step.
    Step(String),
}

/// A modelled duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takes {
    /// The median.
    pub p50: Span,
    /// The 95th percentile, at least the median.
    pub p95: Span,
}

/// What becomes of the steps after one that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// They are taken all the same.
    #[default]
    Continue,
    /// They are not started.
    Abort,
}
