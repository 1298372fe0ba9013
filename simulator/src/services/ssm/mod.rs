//! SSM Parameter Store: hierarchies of parameters, of which each region has its own.

mod api;
mod copy_parameters;
mod get_parameter;
mod put_parameter;
mod store;

use async_trait::async_trait;
use cloud_emulator::gateway::RequestInfo;
use drill::ledger::Changed;
use drill::scenario::Scenario;
use drill::services::ssm::Hierarchy;

use super::service::Service;
use crate::conductor::store::KeyedStoreAccess;

/// The service.
pub(super) struct Ssm;

#[async_trait]
impl Service for Ssm {
    fn name(&self) -> &'static str {
        "ssm"
    }

    fn stores(&self) -> Option<&'static dyn KeyedStoreAccess> {
        Some(&store::Hierarchies)
    }

    /// The hierarchy of this path, in the AWS region of the call.
    fn called(&self, scenario: &Scenario, seen: &RequestInfo) -> Option<Changed> {
        let cloud = &scenario.cloud;
        let path = seen.resource.as_deref()?;
        let hierarchy = cloud
            .hierarchies()
            .iter()
            .find(|hierarchy| hierarchy.path == path)?;
        let region = cloud.regions.iter().find(|known| *known.aws == *seen.region)?;
        Some(Changed::Store {
            store: hierarchy.label.clone(),
            region: region.label.clone(),
        })
    }
}

/// The hierarchy that the scenario labels so; its decoder has seen to it that there is one.
fn hierarchy<'a>(scenario: &'a Scenario, label: &str) -> &'a Hierarchy {
    let mut hierarchies = scenario.cloud.hierarchies().iter();
    let hierarchy = hierarchies.find(|hierarchy| hierarchy.label == label);
    hierarchy.expect("the scenario's references were checked")
}
