//! What is to be achieved, and on which data it is counted.

use serde::{Deserialize, Serialize};

use super::Source;
use crate::units::Span;

/// The targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objectives {
    /// The maximum tolerable downtime, judged on the sum of red time plus `wrt`.
    pub mtd: Span,
    /// The work recovery time: what people still do once systems are back; default 0.
    pub wrt: Span,
    /// Where the MTD comes from.
    pub source: Source,
    /// The services, in the order of the file.
    pub services: Vec<ServiceObjective>,
    /// What returning home may cost, if the runbook returns there.
    pub failback: Option<FailbackObjective>,
    /// Whether what protects data and services must be there again at the end; default yes.
    pub protection: ProtectionObjective,
    /// Where it stands in the file.
    pub line: u32,
}

impl Objectives {
    /// The smallest of all targets: what the figures have to be exact for.
    pub fn smallest(&self) -> Span {
        let services = self.services.iter();
        let targets = services.flat_map(|service| [service.rto, service.rpo]);
        let failback = self.failback.as_ref().map(|failback| failback.rto);
        let targets = targets.chain([failback]).flatten();
        targets.fold(self.mtd, Span::min)
    }
}

/// Whether protections are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProtectionObjective {
    /// What the scenario declares must be there at the end.
    #[default]
    Judge,
    /// Whether it is there is no objective.
    Ignore,
}

/// What returning to where services were before may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailbackObjective {
    /// The step with which the return begins. Audit A is made before it.
    pub from: String,
    /// How long any one service may be red in the course of it.
    pub rto: Span,
    /// Where the target comes from.
    pub source: Source,
    /// Where it stands in the file.
    pub line: u32,
}

/// One service's targets. At least one of `rto` and `rpo` is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceObjective {
    /// The service.
    pub name: String,
    /// The probe whose debounced result is its health.
    pub probe: String,
    /// The data set that its RPO is judged on; there whenever `rpo` is.
    pub data: Option<String>,
    /// The recovery time objective.
    pub rto: Option<Span>,
    /// The recovery point objective.
    pub rpo: Option<Span>,
    /// A downtime of its own that is tolerated at most; else that of [`Objectives`].
    pub mtd: Option<Span>,
    /// Targets that the same plan states for it elsewhere; they are not judged.
    pub also: Option<Also>,
    /// What the faults are expected to do to it.
    pub expect: Expect,
    /// Where the targets come from.
    pub source: Source,
    /// Where it stands in the file.
    pub line: u32,
}

/// Targets of the same plan that are not judged: findings compare with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Also {
    /// The recovery time objective.
    pub rto: Option<Span>,
    /// The recovery point objective.
    pub rpo: Option<Span>,
    /// Where they come from.
    pub source: Source,
}

/// What the faults are expected to do to a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// It breaks and is recovered; a service that never went red is not exercised.
    #[default]
    None,
    /// It must not be touched.
    Unaffected,
    /// The provider recovers it: what counts is the time from the fault's end, and the loss.
    RideOut,
}

/// Writes on which losses are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSet {
    /// What services call it.
    pub name: String,
    /// Where its writes are.
    pub kind: DataKind,
    /// From when on a write counts.
    pub counted_from: CountedFrom,
}

/// Where a data set's writes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataKind {
    /// All values of a keyed store, by all its producers: what it holds at drill 0, and its writers.
    Keyed {
        /// The label of the store.
        store: String,
    },
    /// The messages of a stream, as a rule files them in a keyed store: the fleet's telemetry.
    Stream {
        /// The name of the rule.
        rule: String,
        /// The label of the store that it writes to.
        store: String,
        /// The label of the function that writes for it, if one does.
        function: Option<String>,
    },
}

impl DataKind {
    /// The label of the store in which the data set is read back.
    pub fn store(&self) -> &str {
        match self {
            DataKind::Keyed { store } | DataKind::Stream { store, .. } => store,
        }
    }
}

/// From when on a write counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CountedFrom {
    /// Once it was acknowledged (objects).
    Acknowledged,
    /// Once it was produced (telemetry: what dies in a device's outbox is lost, too).
    Produced,
}
