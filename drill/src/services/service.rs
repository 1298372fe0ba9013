//! What a service declares in a scenario, and what it registers.

use crate::resource::{ResourceId, ResourceKind};
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::Checks;
use crate::scenario::chosen::{Section, place};
use crate::scenario::decode::{Fields, Variant};
use crate::scenario::faults::FaultSpec;
use crate::scenario::probes::ProbeSpec;
use crate::scenario::registry::Entry;
use crate::scenario::{Cloud, Inventory, Platform, Replicate, StandsFor, Writes};

/// A service: what of it a scenario can declare, break, ask and do.
pub(crate) trait Service: Sync {
    /// Its name (`s3`).
    fn name(&self) -> &'static str;

    /// AWS's name of it in credential scopes (`iotdata`).
    fn name_in_scopes(&self) -> &'static str {
        self.name()
    }

    /// AWS's names of it whose requests cannot be routed to another endpoint: what is Firedrill's own on any cloud.
    fn bound_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The keyed stores that it declares, in the order of the file.
    fn stores<'a>(&self, _: &'a Cloud) -> Vec<KeyedStore<'a>> {
        Vec::new()
    }

    /// What it has in the region labelled `region`, or would have if it were deployed there.
    fn resources<'a>(&self, cloud: &'a Cloud, region: &'a str) -> Vec<ResourceId<'a>>;

    /// The labels of the regions that have the resource `name` from the start, the one in use first; none if it has none of
    /// that name.
    fn regions_of<'a>(&self, cloud: &'a Cloud, name: &str) -> Vec<&'a str>;

    /// What AWS calls a resource of its own; nothing where requests to it name none.
    fn name_at_aws(&self, _: &Cloud, _: ResourceId<'_>) -> Option<String> {
        None
    }

    /// The operations on which those rest who use a resource, and those among them that change its values.
    fn operations(&self) -> Operations {
        Operations::default()
    }

    /// Lines of `cloud:` that show its fields, each after a line feed, for the reference.
    fn example(&self) -> &'static str {
        ""
    }

    /// Its fields in `cloud:`.
    fn declare(&self, _: &mut Fields<'_, '_>) -> Option<Section> {
        None
    }

    /// Fills in what other parts of the cloud say.
    fn fill(&self, _: &mut Cloud) {}

    /// Checks what it declares, for a drill on `platform` if it is known.
    fn check(&self, _: &mut Checks<'_, '_, '_>, _: Option<Platform>) {}

    /// Its actions of steps.
    fn actions(&self) -> &'static [Entry<place::Action, dyn ActionSpec>] {
        &[]
    }

    /// Its faults.
    fn faults(&self) -> &'static [Entry<place::Fault, dyn FaultSpec>] {
        &[]
    }

    /// Its probes.
    fn probes(&self) -> &'static [Entry<place::Probe, dyn ProbeSpec>] {
        &[]
    }

    /// Its writers.
    fn writers(&self) -> &'static [Variant<Writes>] {
        &[]
    }
}

/// Operations of a service, by AWS's names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Operations {
    /// Without these a service is no worse off; none if any operation may be needed.
    pub needed: Option<&'static [&'static str]>,
    /// By these, values come and go.
    pub writes: &'static [&'static str],
}

/// The operations by which clients work with the values of a store, by AWS's names.
#[derive(Clone, Copy, Debug)]
pub struct StoreOperations {
    /// Lists them.
    pub list: &'static str,
    /// Writes one.
    pub put: &'static str,
    /// Writes one that another store has.
    pub copy: &'static str,
    /// Deletes one.
    pub delete: &'static str,
}

/// A logical keyed store: at home, and in the region that it is copied to.
#[derive(Clone, Copy, Debug)]
pub struct KeyedStore<'a> {
    /// What it is.
    pub kind: ResourceKind,
    /// What one of its values is called (`object`).
    pub value: &'static str,
    /// By which operations clients work with it.
    pub operations: StoreOperations,
    /// What the scenario calls it.
    pub label: &'a str,
    /// The label of its home region.
    pub home: &'a str,
    /// Whether it keeps older versions of its values.
    pub versioned: bool,
    /// What it holds at drill 0.
    pub inventory: Option<&'a Inventory>,
    /// The real inventory that it stands for.
    pub stands_for: Option<StandsFor>,
    /// Its replication.
    pub replicate: Option<&'a Replicate>,
    /// The label of the region that has what it holds at drill 0, too.
    pub copied_to: Option<&'a str>,
    /// Where it stands in the file.
    pub line: u32,
}

impl<'a> KeyedStore<'a> {
    /// The store in the region labelled `region`.
    pub fn in_region(self, region: &'a str) -> ResourceId<'a> {
        ResourceId {
            kind: self.kind,
            name: self.label,
            region,
        }
    }

    /// Whether it is in the region labelled `region` from the start.
    pub fn is_in(self, region: &str) -> bool {
        self.home == region || self.copied_to == Some(region)
    }
}
