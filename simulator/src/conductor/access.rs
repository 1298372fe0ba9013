//! The cloud of a drill: who reaches it by which clients, and where its names lead to.

use std::sync::Arc;

use cloud_emulator::client::S3;
use cloud_emulator::cloud::Cloud;
use cloud_emulator::gateway::MeteredKey;
use drill::scenario::Scenario;
use drill::services;
use runtime::clock::Clock;

use super::clients::{AuditClients, PrincipalClients};
use super::store::{KeyedStores, OpenStore, StoreAccess, StoreUser};

/// The cloud, as the parts of a drill reach it.
pub(crate) struct CloudAccess {
    pub(super) scenario: Arc<Scenario>,
    pub(super) clock: Clock,
    pub(crate) cloud: Cloud,
    /// As writers reach it.
    pub(crate) writers: PrincipalClients,
    /// As the operator reaches it who follows the runbook.
    pub(crate) operator: PrincipalClients,
    /// As probes reach it.
    pub(crate) prober: PrincipalClients,
    /// As audits and the verification of faults reach it.
    pub(crate) auditor: AuditClients,
    /// How the values of each kind of keyed store are read and written.
    pub(super) stores: KeyedStores,
    /// The keys by which the gateway sees what functions, people and writers do, as long as they are there.
    pub(super) _watched: Vec<MeteredKey>,
}

impl CloudAccess {
    /// The scenario whose cloud it is.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The label of the region that a name (of a bucket, of a function, `iot`) points to now.
    pub(crate) fn active_region(&self, name: &str) -> Arc<str> {
        let active = self.cloud.names().active(name);
        active.expect("the scenario's references were checked")
    }

    /// The label of the region that `client` believes a name points to.
    pub(crate) fn resolve(&self, client: &str, name: &str) -> Arc<str> {
        let found = self.cloud.names().resolve(client, name, self.clock.now());
        found.expect("the scenario's references were checked").region
    }

    /// AWS's name of the keyed store labelled `store` where it is used now.
    pub(crate) fn active_name(&self, store: &str) -> String {
        self.name_in(store, &self.active_region(store))
    }

    /// AWS's name of the keyed store labelled `store` in the region of this label; empty if there is none.
    pub(crate) fn name_in(&self, store: &str, region: &str) -> String {
        let cloud = &self.scenario.cloud;
        let named = cloud
            .store(store)
            .and_then(|store| services::name_at_aws(cloud, store.in_region(region)));
        named.unwrap_or_default()
    }

    /// AWS's name of the region of this label.
    pub(crate) fn aws_region(&self, label: &str) -> &str {
        let region = self.scenario.cloud.aws_region(label);
        region.expect("the scenario's references were checked")
    }

    /// S3 as an operator reaches it now, through a listener that accepts connections.
    pub(crate) fn operator_now(&self) -> &S3 {
        self.operator.s3.at(&self.cloud.open_listener().label)
    }

    /// The keyed store labelled `store` in the region of this label, as `user` reaches it.
    pub(crate) fn open_store<'a>(
        &'a self,
        user: StoreUser,
        store: &str,
        region: &'a str,
    ) -> Box<dyn OpenStore + 'a> {
        let declared = self.scenario.cloud.store(store);
        let kind = declared.expect("the scenario's references were checked").kind;
        let clients = match user {
            StoreUser::Writer => Some(&self.writers),
            StoreUser::Probe => Some(&self.prober),
            StoreUser::Audit => None,
        };
        self.stores.of_kind(kind).open(StoreAccess {
            cloud: &self.cloud,
            clock: &self.clock,
            clients,
            auditor: &self.auditor,
            name: self.name_in(store, region),
            region,
        })
    }
}
