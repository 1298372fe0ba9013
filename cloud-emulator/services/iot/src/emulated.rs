//! IoT Core as a service of a cloud: what it is made of.

use std::sync::Arc;

use drill::scenario::Scenario;

use super::brokers::Brokers;
use super::data::IotData;
use super::settings::IotSettings;

/// IoT Core as a service of a cloud.
pub struct IotService {
    brokers: Arc<Brokers>,
    data: Arc<IotData>,
    scenario: Scenario,
    settings: IotSettings,
}

impl IotService {
    pub(super) fn new(scenario: &Scenario, settings: &IotSettings) -> IotService {
        let brokers = Arc::<Brokers>::default();
        IotService {
            data: Arc::new(IotData::new(brokers.clone())),
            brokers,
            scenario: scenario.clone(),
            settings: settings.clone(),
        }
    }

    /// The brokers, in the order of the regions; none without message routing.
    pub fn brokers(&self) -> &Brokers {
        &self.brokers
    }

    /// Its data plane over HTTP.
    pub(super) fn data(&self) -> &Arc<IotData> {
        &self.data
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    pub(super) fn settings(&self) -> &IotSettings {
        &self.settings
    }
}
