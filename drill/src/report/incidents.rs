//! When services were down, and how they came back.

use serde::{Deserialize, Serialize};

use super::verdicts::Seconds;

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
    /// When that fault was injected.
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
