//! The brokers of all regions: those that the scenario has from the start run, the others wait for a step.

use std::sync::OnceLock;

use drill::scenario::{Iot, Rule};
use futures::future::BoxFuture;

use super::{Cloud, CloudError, CloudOptions, addresses};
use crate::gateway::Principal;
use crate::iot::{BrokerConfig, Program, RuleConfig, Site, SiteOptions, Target};
use crate::iot_data::{Message, Publish, PublishError};

/// MQTT sessions beside those of the devices: canaries, people who look on.
const SPARE_SESSIONS: u32 = 64;

/// The brokers by the labels and AWS's names of their regions, once they are there.
#[derive(Debug, Default)]
pub(crate) struct Brokers(OnceLock<Vec<(String, String, Site)>>);

impl Brokers {
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Site)> {
        self.known().iter().map(|(label, _, site)| (label.as_str(), site))
    }

    pub(super) fn of(&self, label: &str) -> Option<&Site> {
        self.all()
            .find(|(known, _)| *known == label)
            .map(|(_, site)| site)
    }

    /// The broker of a region by AWS's name of it.
    pub(crate) fn in_region(&self, aws: &str) -> Option<&Site> {
        self.known()
            .iter()
            .find(|(_, known, _)| known == aws)
            .map(|(_, _, site)| site)
    }

    fn known(&self) -> &[(String, String, Site)] {
        self.0.get().map_or(&[], Vec::as_slice)
    }
}

/// How many devices a region's broker can serve at most if a process may have so many open files.
pub fn most_devices(open_files: u64) -> u64 {
    BrokerConfig::most_connections(open_files).saturating_sub(u64::from(SPARE_SESSIONS))
}

impl Publish for Brokers {
    fn publish<'a>(&'a self, region: &'a str, message: Message) -> BoxFuture<'a, Result<(), PublishError>> {
        Box::pin(async move {
            let Some(site) = self.in_region(region) else {
                return Err(PublishError::NoBroker(region.to_owned()));
            };
            let published = site.publish(&message.topic, &message.payload).await;
            published.map_err(|error| PublishError::Unavailable(error.to_string()))
        })
    }
}

impl Cloud {
    /// Takes an address for the broker of each region, and starts those that the scenario has from the start.
    pub(super) async fn start_brokers(&self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        let Some(iot) = &self.scenario.cloud.iot else {
            return Ok(());
        };
        let addresses = addresses(&self.scenario, options.port);
        let mut sites = Vec::new();
        for (n, region) in self.regions.iter().enumerate() {
            let cannot = |why: crate::iot::BrokerError| {
                CloudError::new(format!("start the MQTT broker of region {}", region.label), why)
            };
            let mut marks = options.marks.as_os_str().to_owned();
            marks.push(format!(".{}", region.label));
            let config = BrokerConfig {
                listen: addresses[self.regions.len() + n],
                open_to_others: false,
                connects_per_second: iot.connects_per_second,
                connects_per_second_per_client: iot.connects_per_second_per_client,
                max_connections: self.scenario.fleet.as_ref().map_or(0, |fleet| fleet.devices)
                    + SPARE_SESSIONS,
                marks: marks.into(),
                endpoint: region.endpoint.clone(),
                region: region.region.clone(),
                keys: self.keys(Principal::Rule).clone(),
                rules: self.rules(iot, &region.label),
            };
            let site = Site::reserve(SiteOptions {
                supervisor: options.supervisor.clone(),
                program: Program {
                    exe: options.exe.to_owned(),
                    arguments: vec!["broker".into()],
                },
                clock: options.clock.clone(),
                config,
                on_trouble: options.on_trouble.clone(),
            });
            let site = site.map_err(cannot)?;
            if iot.regions.contains(&region.label) {
                site.restart().await.map_err(cannot)?;
            }
            sites.push((region.label.clone(), region.region.clone(), site));
        }
        // Nothing else fills it.
        let _ = self.brokers.0.set(sites);
        Ok(())
    }

    /// The rules of a region, which write to the stores and functions of the same region.
    fn rules(&self, iot: &Iot, label: &str) -> Vec<RuleConfig> {
        let cloud = &self.scenario.cloud;
        let target = |rule: &Rule| match rule.function.as_ref().and_then(|label| cloud.function(label)) {
            Some(function) => Target::Function {
                name: function.name.clone(),
                qualifier: Some(drill::scenario::LIVE.to_owned()),
            },
            None => {
                let bucket = self.scenario.bucket(&rule.bucket);
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
