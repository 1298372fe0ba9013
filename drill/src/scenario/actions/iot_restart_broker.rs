//! `iot.restart_broker`: the broker of a region is started anew.

use serde::{Deserialize, Serialize};

use crate::scenario::actions::{Act, Touches};
use crate::scenario::decode::{Fields, Name, Names, Table};
use crate::scenario::faults::Resource;
use crate::scenario::validate::StepCheck;
use crate::scenario::{PRIMARY, Scenario};

/// Starts the broker anew, whatever state it is in. While its region is out it cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IotRestartBroker {
    /// The label of the region.
    pub region: String,
}

impl IotRestartBroker {
    /// Its name in a scenario.
    pub const NAME: &'static str = "iot.restart_broker";
}

impl Table for IotRestartBroker {
    const DOC: &'static str = "The broker of a region is started anew.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.or(
            "region",
            "The label of the region.",
            Name::Of(Names::Region),
            PRIMARY,
        );
        Some(IotRestartBroker { region })
    }
}

impl Act for IotRestartBroker {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step.scenario().cloud.iot.is_none() && step.whole() {
            step.error("region", "no broker in any region".to_owned(), "`cloud.iot:`");
        }
    }

    fn touches<'a>(&'a self, _: &'a Scenario) -> Touches<'a> {
        Touches::Only(vec![Resource::Broker { region: &self.region }])
    }
}
