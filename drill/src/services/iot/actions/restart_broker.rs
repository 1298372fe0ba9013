//! `iot.restart_broker`: the broker of a region is started anew.

use crate::scenario::actions::{ActionSpec, Touches};
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, Name, NameKind, Table};
use crate::scenario::{PRIMARY, Scenario, Step};
use crate::services::iot;

/// Starts the broker anew, whatever state it is in. While its region is out it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IotRestartBroker {
    /// The label of the region.
    pub region: String,
}

impl IotRestartBroker {
    /// Its name in a scenario.
    pub const NAME: &'static str = "iot.restart_broker";
}

impl Table for IotRestartBroker {
    const DOC: &'static str = "Restarts the MQTT broker of a region.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Starts the broker whatever its state. It fails while the broker's region is down.",
        needs: &[("cloud.iot", "a broker in the region")],
        example: r"
runbook:
  - {id: restart, do: iot.restart_broker, region: primary, takes: {p50: 2m, p95: 5m}}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let region = f.or(
            "region",
            "The label of the region.",
            Name::Of(NameKind::REGION),
            PRIMARY,
        );
        Some(IotRestartBroker { region })
    }
}

impl ActionSpec for IotRestartBroker {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        if step.scenario().cloud.iot().is_none() && step.whole() {
            step.error("region", "no broker in any region".to_owned(), "`cloud.iot:`");
        }
    }

    fn touches<'a>(&'a self, _: &'a Scenario) -> Touches<'a> {
        Touches::Only(vec![iot::broker(&self.region)])
    }

    fn puts_right(&self) -> bool {
        true
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("The broker of region {} was not started.", self.region)
    }
}
