//! What the parts of a running drill share: each asks for the one of the five that it needs.
//!
//! ```text
//!   DrillSpec   what is drilled: scenario, plan, settings
//!   Host        what it runs on: clock, journal, child processes, people
//!   CloudAccess the cloud, its clients, where its names lead to
//!   Devices     the fleet and its canaries
//!   Observed    writes, changes, health, faults and steps so far, the records
//! ```

use cloud_emulator::faults::FaultContext;
use drill::units::DrillTime;

use super::access::CloudAccess;
use super::devices::Devices;
use super::host::Host;
use super::observed::Observed;
use super::spec::DrillSpec;

/// A running drill.
pub(crate) struct Drill {
    pub(crate) spec: DrillSpec,
    pub(crate) host: Host,
    pub(crate) access: CloudAccess,
    pub(crate) devices: Devices,
    pub(crate) observed: Observed,
}

impl Drill {
    /// What a fault that ends by itself at `until`, and its verification, work on.
    pub(crate) fn fault_context(&self, until: DrillTime) -> FaultContext<'_> {
        FaultContext {
            scenario: &self.spec.scenario,
            seed: self.spec.seed,
            clock: &self.host.clock,
            gateway: self.access.cloud.gateway(),
            listeners: self.access.cloud.listeners(),
            auditor: self.access.auditor.s3(),
            until,
        }
    }

    /// A step may have ended faults: those that are no longer in force are over.
    pub(crate) fn ended_by_step(&self) {
        self.observed.faults.ended_by_step(&self.host);
    }
}
