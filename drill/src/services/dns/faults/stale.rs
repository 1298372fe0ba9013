//! `dns.stale`: resolvers keep expired cache entries beyond the TTL.

use crate::scenario::Scenario;
use crate::scenario::decode::{Documentation, Fields, Table, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::services::dns;

/// Clients learn nothing of changed names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsStale {}

impl DnsStale {
    /// Its name in a scenario.
    pub const NAME: &'static str = "dns.stale";
}

impl Table for DnsStale {
    const DOC: &'static str = "Resolvers keep expired cache entries beyond the TTL.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "A lookup returns the expired cache entry, so that clients do not see a failover \
            (`dns.failover`) until the fault is over. The fault alone turns no service red: \
            combine it with a failover.",
        needs: &[("cloud.dns", "the TTL of names")],
        example: r"
faults:
  - {at: 35m, do: region.outage, region: primary}
  - {at: 35m, do: dns.stale, for: 30m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        f.ends_after = f.optional(
            "for",
            "After how long they ask again.",
            duration(INSTANT, LONGEST),
        );
        Some(DnsStale {})
    }
}

impl FaultSpec for DnsStale {
    fn impacts<'a>(&'a self, _: &'a Scenario) -> Vec<Impact<'a>> {
        vec![Impact {
            resource: dns::NAMES,
            effect: Effect::Slows,
        }]
    }

    fn exclusive_resources(&self, _: &Scenario) -> Vec<String> {
        vec!["the names".to_owned()]
    }
}
