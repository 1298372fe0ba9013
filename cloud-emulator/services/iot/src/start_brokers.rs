//! How the brokers of a cloud get their addresses, their rules and their processes.

use drill::scenario::{Iot, Rule};

use cloud_gateway::Principal;
use cloud_service::{Answering, CloudError};

use super::broker_handle::{BrokerHandle, BrokerOptions};
use super::brokers::SPARE_SESSIONS;
use super::config::{BrokerConfig, RuleConfig, Target};
use super::emulated::IotService;
use super::error::BrokerError;
use super::parent::Program;

impl IotService {
    /// Takes an address for the broker of each region, and starts those that the scenario has from the start.
    pub(super) async fn start_brokers(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        let Some(iot) = self.scenario().cloud.iot() else {
            return Ok(());
        };
        let (options, listeners) = (cloud.options, cloud.listeners);
        let mut sites = Vec::new();
        for (region, address) in listeners.regions().iter().zip(cloud.addresses) {
            let cannot = |why: BrokerError| {
                CloudError::new(format!("start the MQTT broker of region {}", region.label), why)
            };
            let mut marks = self.settings().marks.as_os_str().to_owned();
            marks.push(format!(".{}", region.label));
            let config = BrokerConfig {
                listen: *address,
                open_to_others: false,
                connects_per_second: iot.connects_per_second,
                connects_per_second_per_client: iot.connects_per_second_per_client,
                max_connections: self.scenario().fleet.as_ref().map_or(0, |fleet| fleet.devices)
                    + SPARE_SESSIONS,
                marks: marks.into(),
                endpoint: region.endpoint.clone(),
                region: region.region.clone(),
                keys: listeners.keys(Principal::Rule).clone(),
                rules: self.rules(iot, &region.label),
            };
            let site = BrokerHandle::reserve(BrokerOptions {
                supervisor: options.supervisor.clone(),
                program: Program {
                    exe: options.exe.to_owned(),
                    arguments: vec!["broker".into()],
                },
                clock: options.clock.clone(),
                config,
                on_trouble: self.settings().on_trouble.clone(),
            });
            let site = site.map_err(cannot)?;
            if iot.regions.contains(&region.label) {
                site.restart().await.map_err(cannot)?;
            }
            sites.push((region.label.clone(), region.region.clone(), site));
        }
        self.brokers().fill(sites);
        Ok(())
    }

    /// The rules of a region, which write to the stores and functions of the same region.
    fn rules(&self, iot: &Iot, label: &str) -> Vec<RuleConfig> {
        let cloud = &self.scenario().cloud;
        let target = |rule: &Rule| match rule.function.as_ref().and_then(|label| cloud.function(label)) {
            Some(function) => Target::Function {
                name: function.name.clone(),
                qualifier: Some(drill::scenario::LIVE.to_owned()),
            },
            None => {
                let bucket = self.scenario().bucket(&rule.bucket);
                Target::Bucket(bucket.map(|bucket| bucket.name_in(label)).unwrap_or_default())
            }
        };
        let config = |rule: &Rule| RuleConfig {
            name: rule.name.clone(),
            topic: rule.topic.clone(),
            target: target(rule),
            batch_max: rule.batch_max,
            batch_window: rule.batch_window,
            buffer_bytes: RuleConfig::BUFFER_BYTES,
        };
        iot.rules.iter().map(config).collect()
    }
}
