//! An AWS at endpoints that run already.

use cloud_service::{Backend, Endpoint};
use drill::scenario::Scenario;
use http::uri::Authority;

/// Endpoints that run already. They are left as they were found.
#[derive(Debug)]
pub(crate) struct Endpoints(Vec<Endpoint>);

impl Endpoints {
    /// One for each region, in their order.
    pub(crate) fn new(scenario: &Scenario, addresses: &[Authority]) -> Endpoints {
        let regions = scenario.cloud.regions.iter();
        let endpoint = |(region, to): (&drill::scenario::Region, &Authority)| Endpoint {
            region: region.aws.clone(),
            to: to.clone(),
        };
        Endpoints(regions.zip(addresses).map(endpoint).collect())
    }
}

impl Backend for Endpoints {
    fn endpoints(&self) -> &[Endpoint] {
        &self.0
    }

    fn outlives_drill(&self) -> bool {
        true
    }
}
