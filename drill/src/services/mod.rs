//! The services of the cloud, a folder each: what a scenario can declare of them, break, ask and do.
//!
//! ```text
//!   scenario, plan, measures ──► SERVICES ──► s3, lambda, iot, …
//!            know stores, resources, names        know buckets, functions, brokers
//! ```
//!
//! `aws` and `dns` are no entries of `SERVICES`: the one has faults on requests to any of them, the other the names under
//! which all are found.

pub mod aws;
pub mod dns;
mod service;

use crate::resource::{ResourceClass, ResourceId};
use crate::scenario::Cloud;

pub use service::{KeyedStore, StoreOperations};
pub(crate) use service::{Operations, Service};

/// Lists services: `s3::S3` is the type `S3` in the folder `s3`.
macro_rules! services {
    ($(#[$meta:meta])* $($module:ident :: $type:ident),+ $(,)?) => {
        $(pub mod $module;)+

        $(#[$meta])*
        pub(crate) const SERVICES: &[&dyn Service] = &[$(&$module::$type),+];
    };
}

services! {
    /// Every service that a scenario can declare resources of, in the order in which reports list them.
    s3::S3,
    lambda::Lambda,
    iot::IotCore,
    sts::Sts,
    ssm::Ssm,
}

impl Cloud {
    /// Every keyed store, of all services.
    pub fn stores(&self) -> impl Iterator<Item = KeyedStore<'_>> {
        SERVICES.iter().flat_map(|service| service.stores(self))
    }

    /// The keyed store labelled `label`.
    pub fn store(&self, label: &str) -> Option<KeyedStore<'_>> {
        self.stores().find(|store| store.label == label)
    }

    /// The keyed store labelled `label` in every region, whether it is there or not.
    pub fn store_in_all_regions<'a>(&'a self, label: &str) -> Vec<ResourceId<'a>> {
        let regions = self.regions.iter().map(|region| region.label.as_str());
        let store = self.store(label).into_iter();
        store
            .flat_map(|store| regions.clone().map(move |region| store.in_region(region)))
            .collect()
    }

    /// What all services have in the region labelled `region`, or would have if they were deployed there.
    pub fn resources<'a>(&'a self, region: &'a str) -> impl Iterator<Item = ResourceId<'a>> {
        SERVICES
            .iter()
            .flat_map(move |service| service.resources(self, region))
    }

    /// The resource that the name `name` stands for in the region labelled `region`.
    pub fn resource<'a>(&'a self, name: &str, region: &'a str) -> Option<ResourceId<'a>> {
        self.resources(region).find(|resource| resource.name == name)
    }

    /// Everything that has a name which `dns.failover` moves, each once.
    pub fn names(&self) -> Vec<&str> {
        let any_region = self.regions.first().map_or("", |region| region.label.as_str());
        let named = self.resources(any_region);
        let named = named.filter(|resource| resource.kind.class != ResourceClass::Resolver);
        named.map(|resource| resource.name).collect()
    }

    /// The label of the region that a name points to at drill 0.
    pub fn home_of(&self, name: &str) -> Option<&str> {
        self.regions_of(name).into_iter().next()
    }

    /// The labels of the regions that have the resource `name` from the start, the one in use first.
    pub fn regions_of(&self, name: &str) -> Vec<&str> {
        SERVICES
            .iter()
            .flat_map(|service| service.regions_of(self, name))
            .collect()
    }
}

/// What AWS calls a resource of its own (`factory-programs`); nothing where requests to its service name none.
pub fn name_at_aws(cloud: &Cloud, resource: ResourceId<'_>) -> Option<String> {
    let mut services = SERVICES.iter();
    let service = services.find(|service| service.name() == resource.kind.service)?;
    service.name_at_aws(cloud, resource)
}

/// The names of the services, in the order in which reports list them.
pub fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|service| service.name())
}

/// AWS's names of the services that the embedded cloud has.
pub fn names_in_scopes() -> Vec<&'static str> {
    SERVICES.iter().map(|service| service.name_in_scopes()).collect()
}

/// AWS's names of the services that a drill can route to another endpoint, or to the embedded cloud.
pub fn routable_names() -> Vec<&'static str> {
    let routable = SERVICES.iter().filter(|service| service.bound_names().is_empty());
    routable.map(|service| service.name_in_scopes()).collect()
}
