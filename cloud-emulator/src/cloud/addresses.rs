//! Where a cloud listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cloud_service::ServiceKind;
use drill::scenario::Scenario;

use super::registry::SERVICES;

/// Where a cloud listens: the listener of each region in turn, then the sockets of services (the broker of each region),
/// on `port` and those after it. Without a port the system chooses free ones (0).
pub fn addresses(scenario: &Scenario, port: Option<u16>) -> Vec<SocketAddr> {
    let (mut regions, services) = split(scenario, port, SERVICES);
    regions.extend(services.into_iter().flatten());
    regions
}

/// The same, apart: those of the regions, and those of each service.
pub(super) fn split(
    scenario: &Scenario,
    port: Option<u16>,
    kinds: &[&dyn ServiceKind],
) -> (Vec<SocketAddr>, Vec<Vec<SocketAddr>>) {
    let nth = |n: usize| {
        let port = port.map_or(0, |port| {
            port.saturating_add(u16::try_from(n).unwrap_or(u16::MAX))
        });
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
    };
    let mut taken = scenario.cloud.regions.len();
    let regions = (0..taken).map(nth).collect();
    let services = kinds.iter().map(|kind| {
        let first = taken;
        taken += kind.sockets(scenario);
        (first..taken).map(nth).collect()
    });
    (regions, services.collect())
}
