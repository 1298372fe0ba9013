//! Brokers: whether those run that devices are sent to.

use cloud_emulator::iot::BrokerHandle;
use drill::journal::ReadinessCheck;

use crate::conductor::access::CloudAccess;
use crate::conductor::readiness::check;

/// Whether the brokers run that devices are sent to.
pub(super) fn checks(access: &CloudAccess) -> Vec<ReadinessCheck> {
    let declared = access
        .scenario()
        .cloud
        .iot()
        .into_iter()
        .flat_map(|iot| &iot.regions);
    let declared: Vec<&String> = declared.collect();
    let brokers = access
        .cloud
        .brokers()
        .filter(|(label, _)| declared.iter().any(|one| one.as_str() == *label));
    let of = |(label, broker): (&str, &BrokerHandle)| {
        let running = broker.is_running();
        let word = if running { "runs" } else { "does not run" };
        let found = format!("its process {word}, at {}", broker.address());
        check(
            format!("broker in {label}"),
            Some(running),
            found,
            "start the broker",
        )
    };
    brokers.map(of).collect()
}
