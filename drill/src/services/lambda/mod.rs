//! Lambda: functions, what can be done with them, and what breaks them.

pub mod actions;
mod checks;
pub mod faults;
mod function;
pub mod probes;
mod tables;

use super::{Operations, Service};
use crate::resource::ResourceId;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::Checks;
use crate::scenario::chosen::{Section, place};
use crate::scenario::decode::{Fields, MapOf};
use crate::scenario::faults::FaultSpec;
use crate::scenario::limits::ITEMS;
use crate::scenario::probes::ProbeSpec;
use crate::scenario::registry::Entry;
use crate::scenario::{Cloud, Platform};

pub use function::{BuiltIn, FUNCTION, Function, FunctionCode, LIVE, function};
pub(crate) use function::{FUNCTIONS, Functions, invoke};

/// The service.
pub(crate) struct Lambda;

impl Service for Lambda {
    fn name(&self) -> &'static str {
        FUNCTION.service
    }

    fn resources<'a>(&self, cloud: &'a Cloud, region: &'a str) -> Vec<ResourceId<'a>> {
        let functions = cloud.functions().iter();
        functions.map(|one| function(&one.label, region)).collect()
    }

    fn regions_of<'a>(&self, cloud: &'a Cloud, name: &str) -> Vec<&'a str> {
        let function = cloud.function(name).into_iter();
        let regions = function.flat_map(|function| &function.regions);
        regions.map(String::as_str).collect()
    }

    fn name_at_aws(&self, cloud: &Cloud, resource: ResourceId<'_>) -> Option<String> {
        Some(cloud.function(resource.name)?.name.clone())
    }

    fn operations(&self) -> Operations {
        Operations {
            needed: Some(&["Invoke"]),
            writes: &[],
        }
    }

    fn example(&self) -> &'static str {
        r"
  functions:
    ingest: {built_in: telemetry-ingest, bucket: telemetry, on_failure: failed-batches, regions: [primary, backup]}"
    }

    fn declare(&self, f: &mut Fields<'_, '_>) -> Option<Section> {
        let functions = f.or_empty("functions", "Functions by label.", MapOf::new(FUNCTIONS, ITEMS));
        Some(Section::new(Functions(functions)))
    }

    fn check(&self, checks: &mut Checks<'_, '_, '_>, platform: Option<Platform>) {
        checks::check(checks, platform);
    }

    fn actions(&self) -> &'static [Entry<place::Action, dyn ActionSpec>] {
        actions::ACTIONS
    }

    fn faults(&self) -> &'static [Entry<place::Fault, dyn FaultSpec>] {
        faults::FAULTS
    }

    fn probes(&self) -> &'static [Entry<place::Probe, dyn ProbeSpec>] {
        probes::PROBES
    }
}
