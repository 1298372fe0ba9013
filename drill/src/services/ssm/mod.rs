//! SSM Parameter Store: hierarchies of parameters, what can be done with them, and what asks for them.

mod actions;
mod checks;
mod hierarchy;
mod probes;
mod tables;
mod value;
mod writers;

use super::{KeyedStore, Operations, Service, StoreOperations};
use crate::resource::ResourceId;
use crate::scenario::Cloud;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::Checks;
use crate::scenario::chosen::{Section, place};
use crate::scenario::decode::{Fields, MapOf, Variant};
use crate::scenario::limits::ITEMS;
use crate::scenario::probes::ProbeSpec;
use crate::scenario::registry::Entry;
use crate::scenario::{Platform, Writes};

pub use actions::{SsmCopyParameters, SsmPutParameter};
pub(crate) use hierarchy::{HIERARCHIES, Hierarchies, hierarchy};
pub use hierarchy::{HIERARCHY, Hierarchy};
pub use probes::SsmGetParameter;
pub use value::{bytes_of, value_of};

/// The service.
pub(crate) struct Ssm;

impl Service for Ssm {
    fn name(&self) -> &'static str {
        HIERARCHY.service
    }

    fn stores<'a>(&self, cloud: &'a Cloud) -> Vec<KeyedStore<'a>> {
        let store = |hierarchy: &'a Hierarchy| KeyedStore {
            kind: HIERARCHY,
            value: "parameter",
            operations: StoreOperations {
                list: "GetParametersByPath",
                put: "PutParameter",
                copy: "PutParameter",
                delete: "DeleteParameter",
            },
            label: &hierarchy.label,
            home: &hierarchy.region,
            // Parameter Store keeps the history of a parameter by itself.
            versioned: true,
            inventory: hierarchy.values.as_ref(),
            stands_for: None,
            replicate: None,
            copied_to: hierarchy.copied_to.as_deref(),
            line: hierarchy.line,
        };
        cloud.hierarchies().iter().map(store).collect()
    }

    fn resources<'a>(&self, cloud: &'a Cloud, region: &'a str) -> Vec<ResourceId<'a>> {
        let hierarchies = cloud.hierarchies().iter();
        hierarchies.map(|one| hierarchy(&one.label, region)).collect()
    }

    fn regions_of<'a>(&self, cloud: &'a Cloud, name: &str) -> Vec<&'a str> {
        let Some(hierarchy) = cloud
            .hierarchies()
            .iter()
            .find(|hierarchy| hierarchy.label == name)
        else {
            return Vec::new();
        };
        let copy = hierarchy.copied_to.as_deref();
        std::iter::once(hierarchy.region.as_str()).chain(copy).collect()
    }

    fn name_at_aws(&self, cloud: &Cloud, resource: ResourceId<'_>) -> Option<String> {
        let mut hierarchies = cloud.hierarchies().iter();
        let hierarchy = hierarchies.find(|hierarchy| hierarchy.label == resource.name)?;
        Some(hierarchy.path.clone())
    }

    fn operations(&self) -> Operations {
        Operations {
            needed: None,
            writes: &["PutParameter", "DeleteParameter", "DeleteParameters"],
        }
    }

    fn example(&self) -> &'static str {
        r"
  parameters:
    settings: {path: /factory/settings/, values: {count: 40}, copied_to: backup}"
    }

    fn declare(&self, f: &mut Fields<'_, '_>) -> Option<Section> {
        let hierarchies = f.or_empty(
            "parameters",
            "Hierarchies of parameters in SSM Parameter Store, by label.",
            MapOf::new(HIERARCHIES, ITEMS),
        );
        Some(Section::new(Hierarchies(hierarchies)))
    }

    fn check(&self, checks: &mut Checks<'_, '_, '_>, _: Option<Platform>) {
        checks::check(checks);
    }

    fn actions(&self) -> &'static [Entry<place::Action, dyn ActionSpec>] {
        actions::ACTIONS
    }

    fn probes(&self) -> &'static [Entry<place::Probe, dyn ProbeSpec>] {
        probes::PROBES
    }

    fn writers(&self) -> &'static [Variant<Writes>] {
        writers::WRITERS
    }
}
