//! `dns.stale`: resolvers keep the old answer, however long ago its time was over.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Fields, Table, duration};
use crate::scenario::faults::{Effect, Hurt, Resource, Strike};
use crate::scenario::limits::{INSTANT, LONGEST};

/// Clients learn nothing of changed names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsStale {}

impl DnsStale {
    /// Its name in a scenario.
    pub const NAME: &'static str = "dns.stale";
}

impl Table for DnsStale {
    const DOC: &'static str = "Resolvers keep their old answers beyond the TTL.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        f.ends_after = f.optional(
            "for",
            "After how long they ask again.",
            duration(INSTANT, LONGEST),
        );
        Some(DnsStale {})
    }
}

impl Strike for DnsStale {
    fn hurts<'a>(&'a self, _: &'a Scenario) -> Vec<Hurt<'a>> {
        vec![Hurt {
            resource: Resource::Names,
            effect: Effect::Slows,
        }]
    }

    fn occupies(&self, _: &Scenario) -> Vec<String> {
        vec!["the names".to_owned()]
    }
}
