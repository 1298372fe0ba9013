//! Ports, and the kernel's table of connections.

use std::fs;
use std::net::TcpListener;

use super::{Finding, State, finding::grouped};

/// The devices of the largest fleet that ships, with as many connections that the broker's listener passes on.
const CONNECTIONS: u64 = 4_000;

pub(super) fn ports() -> Finding {
    let listening = TcpListener::bind("127.0.0.1:0");
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok();
    let ports = range.as_deref().and_then(count);
    let (state, found) = match (listening, ports) {
        (Err(error), _) => (State::Missing, format!("cannot listen on 127.0.0.1: {error}")),
        (Ok(_), Some(ports)) if ports < CONNECTIONS => (State::Limited, few(ports)),
        (Ok(_), Some(ports)) => (State::Ok, few(ports)),
        (Ok(_), None) => (
            State::Limited,
            "127.0.0.1 can be listened on; the range of ports is not told".to_owned(),
        ),
    };
    Finding {
        name: "loopback ports",
        state,
        found,
        needed_for: "listeners, brokers, and a port for each device's connection",
        how_to_get: "bring the loopback interface up; widen the range: sysctl \
                     net.ipv4.ip_local_port_range=\"10000 65000\""
            .to_owned(),
        required: true,
    }
}

fn few(ports: u64) -> String {
    format!("{} connections to one broker", grouped(ports))
}

/// How many ports a range has, as the kernel writes it.
fn count(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (from, to) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((to + 1).saturating_sub(from))
}

/// The kernel's connection tracking, where it is in use and says so.
pub(super) fn tracking() -> Option<Finding> {
    let read = |name: &str| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/sys/net/netfilter/nf_conntrack_{name}")).ok()?;
        text.trim().parse().ok()
    };
    let (most, used) = (read("max")?, read("count")?);
    let free = most.saturating_sub(used);
    Some(Finding {
        name: "connection tracking",
        state: if free < CONNECTIONS {
            State::Limited
        } else {
            State::Ok
        },
        found: format!("{} of {} entries free", grouped(free), grouped(most)),
        needed_for: "large fleets: each device takes two entries where loopback is tracked",
        how_to_get: "sysctl net.netfilter.nf_conntrack_max=262144".to_owned(),
        required: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_ports_has_both_its_ends() {
        assert_eq!(count("32768\t60999\n"), Some(28_232));
        assert_eq!(count("5 4"), Some(0));
        assert_eq!(count("nonsense"), None);
    }
}
