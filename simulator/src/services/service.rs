//! What a service has to say of itself while a drill runs.

use async_trait::async_trait;
use cloud_emulator::gateway::RequestInfo;
use drill::journal::{Event, ReadinessCheck};
use drill::ledger::Changed;
use drill::scenario::Scenario;

use crate::conductor::access::CloudAccess;
use crate::conductor::clients::AuditClients;
use crate::conductor::context::Drill;
use crate::conductor::store::KeyedStoreAccess;
use crate::metrics::counts::JournalCounts;
use crate::metrics::page::Page;

/// A service of the cloud. What it does not have, it leaves out.
#[async_trait]
pub(crate) trait Service: Sync {
    /// Its name, as credential scopes have it (`s3`).
    fn name(&self) -> &'static str;

    /// How the values of its keyed stores are reached.
    fn stores(&self) -> Option<&'static dyn KeyedStoreAccess> {
        None
    }

    /// What of the scenario a call changed: a whole store, or what computes. None of what the scenario does not declare.
    fn called(&self, _: &Scenario, _: &RequestInfo) -> Option<Changed> {
        None
    }

    /// What the resource that a call is about is set to, in words that are the same where it is the same; none where calls
    /// have no such resource. `region` is the label of the region that the call belongs to.
    async fn settings(&self, _: &AuditClients, _region: Option<&str>, _: &RequestInfo) -> Option<String> {
        None
    }

    /// What its resources are like at drill 0, by their labels, as far as protections are judged by it.
    async fn at_start(&self, _: &Scenario, _: &AuditClients) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Reads every protection of its resources that the scenario declares, and journals it.
    async fn read_protections(&self, _: &Drill) {}

    /// Whether its resources are as the plan relies on them, while nothing is broken.
    async fn readiness(&self, _: &Drill) -> Vec<ReadinessCheck> {
        Vec::new()
    }

    /// What of it a deployment builds that is in this region now: what computes, what passes messages on.
    fn deployed(&self, _: &CloudAccess, _region: &str) -> Vec<Changed> {
        Vec::new()
    }

    /// The event that tells of something that a step's deployment has built.
    fn event_of(&self, _built: &Changed, _step: &str) -> Option<Event> {
        None
    }

    /// What has happened to it since it was asked last that no step, fault or probe tells of.
    fn take_events(&self, _: &CloudAccess) -> Vec<Event> {
        Vec::new()
    }

    /// Samples of it, from drill 0 on.
    fn metrics(&self, _: &mut Page, _: &Drill, _: &JournalCounts) {}
}
