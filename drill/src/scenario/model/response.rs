//! What breaks, who notices, and what is done about it.

use serde::{Deserialize, Serialize};

use super::{CountOf, Source, Takes};
use crate::scenario::chosen::{FaultAction, StepAction};
use crate::units::Span;

/// Something that breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its id; default the name of its action, with `-2`, `-3` and so on for the next of that name.
    pub id: String,
    /// When.
    pub at: When,
    /// What it does.
    pub action: FaultAction,
    /// After how long it ends by itself; only faults that can end have it.
    pub for_: Option<Span>,
    /// Where it stands in the file.
    pub line: u32,
}

/// When a fault is injected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after drill 0.
    Clock(Span),
    /// So long after a step of the runbook has begun; never, if it does not.
    Step {
        /// The step's id.
        step: String,
        /// How long after.
        after: Span,
    },
}

impl When {
    /// The time from drill 0, if it has one of its own.
    pub fn clock(&self) -> Option<Span> {
        match self {
            When::Clock(at) => Some(*at),
            When::Step { .. } => None,
        }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::Clock(at) => write!(f, "{at}"),
            When::Step { step, after } if *after == Span::ZERO => write!(f, "step:{step}"),
            When::Step { step, after } => write!(f, "step:{step}+{after}"),
        }
    }
}

/// What people are told at a time of the drill: what a facilitator says in an exercise (an inject, in the words of NIST SP
/// 800-84 and HSEEP).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inject {
    /// When, from drill 0.
    pub at: Span,
    /// What.
    pub text: String,
    /// The role that it is for; all of them without it.
    pub to: Option<String>,
    /// Where it stands in the file.
    pub line: u32,
}

/// Notices that a service is down, as monitoring would: it has fired once `failing` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Outside of the regions, so that no outage affects it.
    #[default]
    External,
}

/// A step of the recovery procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The steps that must have ended before it begins; default the one before it in the file. Empty for
    /// those that begin with detection.
    pub after: Vec<String>,
    /// When it is ended and has failed, if it is not done by then: from its beginning, after `takes`, in drill
    /// time; for `shell` in wall time.
    pub timeout: Option<Span>,
    /// How often it is tried, with [`OnFailure::Retry`]; else 1.
    pub max_attempts: u32,
    /// How long it pauses before it is tried again; default 30s.
    pub retry_after: Span,
    /// The plan leaves a protection off that this step turns off.
    pub leaves_off: bool,
    /// The path of its fields in the file, for messages.
    pub(crate) path: String,
    /// Where it stands in the file.
    pub line: u32,
}

impl Step {
    /// The path of its fields in the file (`runbook[2]`), for messages.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// When a step should end.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What becomes of the steps after one that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// They are taken all the same.
    #[default]
    Continue,
    /// They are not started.
    Abort,
    /// It is tried again, up to `max_attempts` times in all; then as [`OnFailure::Continue`].
    Retry,
}
