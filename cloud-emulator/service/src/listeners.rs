//! The listeners of a cloud that answers, and clients that go through them.

use cloud_client::rest::{Rest, RestClients};
use cloud_client::{Clients, Connections, KeyPair, RetryPolicy, S3};
use cloud_gateway::Principal;
use drill::journal::RegionEndpoint;

use super::keys::RunKeys;

/// The listeners of a cloud, in the order of its regions.
pub struct Listeners {
    regions: Vec<RegionEndpoint>,
    /// The one that only the audit goes through.
    private: String,
    keys: RunKeys,
    connections: Connections,
}

impl Listeners {
    /// Those of a cloud: of each region, and the URL of the audit's own.
    pub fn new(regions: Vec<RegionEndpoint>, private: String, keys: RunKeys) -> Listeners {
        Listeners {
            regions,
            private,
            keys,
            connections: Connections::new(),
        }
    }

    /// The regions, in the order of the scenario, with the listeners to them.
    pub fn regions(&self) -> &[RegionEndpoint] {
        &self.regions
    }

    /// The region of this label.
    pub fn region(&self, label: &str) -> Option<&RegionEndpoint> {
        self.regions.iter().find(|region| region.label == label)
    }

    /// The keys of a principal.
    pub fn keys(&self, principal: Principal) -> &KeyPair {
        self.keys.pair(principal)
    }

    /// S3 through the first region's listener, which leads to the buckets of every region; the audit has a listener of
    /// its own, which no outage closes.
    pub fn s3(&self, principal: Principal, policy: RetryPolicy) -> S3 {
        let region = &self.regions[0];
        let endpoint = match principal {
            Principal::Audit => &self.private,
            _ => &region.endpoint,
        };
        let keys = self.keys(principal);
        S3::new(&self.connections, endpoint, &region.region, keys, policy)
    }

    /// S3 through the listener of each region.
    pub fn clients(&self, principal: Principal, policy: RetryPolicy) -> Clients {
        let keys = self.keys(principal);
        let at = |region: &RegionEndpoint| {
            let s3 = S3::new(&self.connections, &region.endpoint, &region.region, keys, policy);
            (region.label.clone(), s3)
        };
        Clients::new(self.regions.iter().map(at).collect())
    }

    /// The REST APIs of each region through that region's own listener.
    pub fn rest(&self, principal: Principal, policy: RetryPolicy) -> RestClients {
        let keys = self.keys(principal);
        let at = |region: &RegionEndpoint| {
            let rest = Rest::new(&region.endpoint, &region.region, keys, policy);
            (region.label.clone(), rest)
        };
        RestClients::new(self.regions.iter().map(at).collect())
    }

    /// The REST APIs of each region through the audit's own listener, which no outage closes.
    pub fn audit_rest(&self, policy: RetryPolicy) -> RestClients {
        let keys = self.keys(Principal::Audit);
        let at = |region: &RegionEndpoint| {
            let rest = Rest::new(&self.private, &region.region, keys, policy);
            (region.label.clone(), rest)
        };
        RestClients::new(self.regions.iter().map(at).collect())
    }
}
