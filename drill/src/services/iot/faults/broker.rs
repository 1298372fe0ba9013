//! Faults of a region's broker, which differ only in what becomes of its process.

use crate::scenario::checks::FaultCheck;
use crate::scenario::chosen::{Choosable, place};
use crate::scenario::decode::{Documentation, Fields, Name, NameKind, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::registry::Entry;
use crate::scenario::{PRIMARY, Scenario};
use crate::services::iot;

/// The broker of a region does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerFault {
    /// The label of the region.
    pub region: String,
    /// What becomes of its process.
    pub effect: BrokerEffect,
}

/// What becomes of a broker's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerEffect {
    /// It is killed.
    Killed,
    /// It is stopped: its connections stay, and nothing is answered.
    Frozen,
}

impl BrokerEffect {
    /// The name by which a scenario chooses it.
    pub const fn name(self) -> &'static str {
        match self {
            BrokerEffect::Killed => "iot.kill_broker",
            BrokerEffect::Frozen => "iot.freeze_broker",
        }
    }
}

/// The faults of IoT Core.
pub(crate) const FAULTS: &[Entry<place::Fault, dyn FaultSpec>] = &[
    entry!(
        BrokerFault as FaultSpec,
        BrokerEffect::Killed.name(),
        "The MQTT broker of a region is killed.",
        Documentation {
            details: "The broker's process is killed: all connections close, and its sessions and messages \
                in memory are lost. It starts again when `for` is over, or by the step \
                `iot.restart_broker`.",
            needs: &[("cloud.iot", "a broker in the region")],
            example: r"
faults:
  - {at: 35m, do: iot.kill_broker, region: primary, for: 20m}
",
        },
        None,
        |f| read(f, BrokerEffect::Killed)
    ),
    entry!(
        BrokerFault as FaultSpec,
        BrokerEffect::Frozen.name(),
        "The MQTT broker of a region stops responding; its connections stay open.",
        Documentation {
            details: "The broker's process is stopped: connections stay open, and nothing is answered, until \
                clients notice by their own timeouts. It continues when `for` is over; \
                `iot.restart_broker` starts it anew.",
            needs: &[("cloud.iot", "a broker in the region")],
            example: r"
faults:
  - {at: 35m, do: iot.freeze_broker, region: primary, for: 20m}
",
        },
        None,
        |f| read(f, BrokerEffect::Frozen)
    ),
];

fn read(f: &mut Fields<'_, '_>, effect: BrokerEffect) -> Option<BrokerFault> {
    let region = f.or(
        "region",
        "The label of the region.",
        Name::Of(NameKind::REGION),
        PRIMARY,
    );
    f.ends_after = f.optional(
        "for",
        "After how long it is back by itself.",
        duration(INSTANT, LONGEST),
    );
    Some(BrokerFault { region, effect })
}

impl Choosable for BrokerFault {
    fn name(&self) -> &'static str {
        self.effect.name()
    }
}

impl FaultSpec for BrokerFault {
    /// A region that is to have a broker has one, from the start or by a step.
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        let scenario = fault.scenario();
        if !fault.whole() {
            return;
        }
        let Some(routing) = scenario.cloud.iot() else {
            fault.error("region", "no broker in any region".to_owned(), "`cloud.iot:`");
            return;
        };
        let is_there = routing.regions.contains(&self.region);
        if !is_there && !fault.is_deployed(iot::broker(&self.region)) {
            let found = format!("{:?}, which has no broker", self.region);
            fault.error("region", found, &format!("one of {}", routing.regions.join(", ")));
        }
    }

    fn impacts<'a>(&'a self, _: &'a Scenario) -> Vec<Impact<'a>> {
        vec![Impact {
            resource: iot::broker(&self.region),
            effect: Effect::MakesUnreachable,
        }]
    }

    fn exclusive_resources(&self, _: &Scenario) -> Vec<String> {
        vec![format!("the broker of region {}", self.region)]
    }
}
