//! IoT Core: the MQTT broker of a region, with its rules.

pub mod actions;

pub mod faults;
pub mod probes;
mod routing;
mod tables;

use super::{Operations, Service};
use crate::resource::ResourceId;
use crate::scenario::Cloud;
use crate::scenario::actions::ActionSpec;
use crate::scenario::chosen::{Section, place};
use crate::scenario::decode::{Fields, Record};
use crate::scenario::faults::FaultSpec;
use crate::scenario::probes::ProbeSpec;
use crate::scenario::registry::Entry;

pub use routing::{BROKER, IOT_NAME, Iot, Rule, broker};
pub(crate) use routing::{RULES, publish};

/// The service.
pub(crate) struct IotCore;

impl Service for IotCore {
    fn name(&self) -> &'static str {
        BROKER.service
    }

    fn name_in_scopes(&self) -> &'static str {
        "iotdata"
    }

    fn bound_names(&self) -> &'static [&'static str] {
        &["iot", "iotdata", "iotdevicegateway", "mqtt"]
    }

    fn resources<'a>(&self, cloud: &'a Cloud, region: &'a str) -> Vec<ResourceId<'a>> {
        cloud.iot().iter().map(|_| broker(region)).collect()
    }

    fn regions_of<'a>(&self, cloud: &'a Cloud, name: &str) -> Vec<&'a str> {
        let iot = cloud.iot().into_iter().filter(|_| name == IOT_NAME);
        iot.flat_map(|iot| &iot.regions).map(String::as_str).collect()
    }

    fn operations(&self) -> Operations {
        // Its clients speak MQTT: no request to AWS's API is needed.
        Operations {
            needed: Some(&[]),
            writes: &[],
        }
    }

    fn example(&self) -> &'static str {
        r#"
  iot:
    quotas: {connects_per_second: 500}
    rules:
      telemetry: {topic: "dt/+/telemetry", to: {function: ingest}, batch: {max: 500, window: 10s}}"#
    }

    fn declare(&self, f: &mut Fields<'_, '_>) -> Option<Section> {
        let iot: Option<Iot> = f.optional("iot", "Message routing.", Record::new());
        iot.map(Section::new)
    }

    /// The messages of a rule that invokes a function go to the function's bucket.
    fn fill(&self, cloud: &mut Cloud) {
        let functions = cloud.functions().to_vec();
        let iot: Option<&mut Iot> = cloud.section_mut();
        for rule in iot.into_iter().flat_map(|iot| &mut iot.rules) {
            let of_rule = |label: &String| functions.iter().find(|function| function.label == *label);
            let function = rule.function.as_ref().and_then(of_rule);
            if let Some(bucket) = function.and_then(|function| function.bucket.as_ref()) {
                rule.bucket.clone_from(bucket);
            }
        }
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
