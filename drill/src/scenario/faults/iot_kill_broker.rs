//! `iot.kill_broker`: the broker of a region dies, with all that it had in memory.

use serde::{Deserialize, Serialize};

use crate::scenario::decode::{Fields, Name, Names, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Resource, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::validate::FaultCheck;
use crate::scenario::{PRIMARY, Scenario};

/// The broker of a region is killed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IotKillBroker {
    /// The label of the region.
    pub region: String,
}

impl IotKillBroker {
    /// Its name in a scenario.
    pub const NAME: &'static str = "iot.kill_broker";
}

impl Table for IotKillBroker {
    const DOC: &'static str = "The broker of a region is killed.";

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
        Some(IotKillBroker { region })
    }
}

impl Strike for IotKillBroker {
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
