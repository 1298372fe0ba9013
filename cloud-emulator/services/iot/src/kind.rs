//! IoT Core in the registry of services.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::{CloudError, CloudOptions, EmulatedService, Placement, ServiceKind};
use drill::scenario::Scenario;

use super::emulated::IotService;
use super::settings::IotSettings;

/// IoT Core in the registry of services.
pub struct IotKind;

#[async_trait]
impl ServiceKind for IotKind {
    fn name(&self) -> &'static str {
        "iot"
    }

    /// Its data plane is what the gateway serves.
    fn signing_name(&self) -> Option<&'static str> {
        Some("iotdata")
    }

    /// The broker of each region has one.
    fn sockets(&self, scenario: &Scenario) -> usize {
        scenario.cloud.iot().map_or(0, |_| scenario.cloud.regions.len())
    }

    async fn start(
        &self,
        options: &CloudOptions<'_>,
        _place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        let settings = options.settings.get::<IotSettings>();
        let settings =
            settings.ok_or_else(|| CloudError::new("start IoT", "it was given no file of marks"))?;
        Ok(Arc::new(IotService::new(options.scenario, settings)))
    }
}
