//! The devices of a drill, and how they find their brokers.

use std::net::SocketAddr;
use std::sync::Arc;

use cloud_emulator::cloud::Cloud;
use drill::journal::{Component, Event};
use drill::plan::{Plan, PlannedDevice};
use drill::scenario::{IOT_NAME, Scenario};
use drill::units::DrillTime;
use fleet_emulator::{
    DeviceInput, Discover, Fleet, FleetConfig, Overrides, Profile, Programs, Resolved, RunProgram, Saturated,
};
use runtime::clock::Clock;
use runtime::journal::Journal;

/// The devices, which boot after drill 0. Without a broker there are none: nothing could tell of them.
pub(crate) fn start_fleet(
    scenario: &Scenario,
    plan: &Plan,
    clock: &Clock,
    cloud: &Cloud,
    journal: &Journal,
    runner: Option<Arc<dyn RunProgram>>,
) -> Option<Fleet> {
    let endpoints: Vec<SocketAddr> = cloud.brokers().map(|(_, broker)| broker.address()).collect();
    if endpoints.is_empty() {
        return None;
    }
    let (devices, config) = match &scenario.fleet {
        Some(fleet) => (
            &plan.devices[..],
            FleetConfig {
                telemetry: fleet.telemetry,
                turn_limit: fleet_emulator::TURN_LIMIT.max(scenario.objectives.smallest().divided(100)),
                programs: fleet.programs.map(|sample| Programs { sample, runner }),
                overrides: Overrides {
                    discovery: fleet.discovery,
                    keep_alive: fleet.keep_alive,
                },
                ..FleetConfig::new(plan.seed, Profile::from(fleet.profile))
            },
        ),
        // A canary needs no devices.
        None => (&[][..], FleetConfig::new(plan.seed, Profile::aws_full_jitter())),
    };
    let input = |device: &PlannedDevice| DeviceInput {
        boot: DrillTime::ZERO + device.boot,
        phase: device.phase,
    };
    let journal = journal.clone();
    let saturated = move |saturated: Saturated| {
        journal.emit(Event::Saturated {
            component: Component::Fleet,
            detail: saturated.detail,
        });
    };
    let inputs = devices.iter().map(input).collect();
    Some(Fleet::start(
        config,
        inputs,
        endpoints,
        resolver(cloud),
        clock,
        saturated,
    ))
}

/// The resolver that devices ask where their broker is; endpoints count in the order of the regions.
fn resolver(cloud: &Cloud) -> Arc<dyn Discover> {
    let names = cloud.names().clone();
    let labels: Vec<String> = cloud.brokers().map(|(label, _)| label.to_owned()).collect();
    Arc::new(move |device: u32, now: DrillTime| {
        let answer = names.resolve(&format!("device {device}"), IOT_NAME, now)?;
        Some(Resolved {
            endpoint: labels.iter().position(|label| **label == *answer.region)?,
            ttl: (answer.expires - now).at_least_zero(),
        })
    })
}
