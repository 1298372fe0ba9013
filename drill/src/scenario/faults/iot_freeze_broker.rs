//! `iot.freeze_broker`: the broker of a region stands still: connections stay, nothing answers.

use serde::{Deserialize, Serialize};

use crate::scenario::decode::{Fields, Name, Names, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Resource, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;
use crate::scenario::{PRIMARY, Scenario};

/// The broker of a region stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IotFreezeBroker {
    /// The label of the region.
    pub region: String,
}

impl IotFreezeBroker {
    /// Its name in a scenario.
    pub const NAME: &'static str = "iot.freeze_broker";
}

impl Table for IotFreezeBroker {
    const DOC: &'static str = "The broker of a region stands still.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.or(
            "region",
            "The label of the region.",
            Name::Of(Names::Region),
            PRIMARY,
        );
        f.ends_after = f.optional(
            "for",
            "After how long it is back by itself.",
            duration(INSTANT, LONGEST),
        );
        Some(IotFreezeBroker { region })
    }
}

impl Strike for IotFreezeBroker {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        fault.broker("region", &self.region);
    }

    fn hurts<'a>(&'a self, _: &'a Scenario) -> Vec<Hurt<'a>> {
        vec![Hurt {
            resource: Resource::Broker { region: &self.region },
            effect: Effect::Silences,
        }]
    }

    fn occupies(&self, _: &Scenario) -> Vec<String> {
        vec![format!("the broker of region {}", self.region)]
    }
}
