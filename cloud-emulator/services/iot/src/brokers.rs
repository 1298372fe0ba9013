//! The brokers of all regions: those that the scenario has from the start run, the others wait for a step.

use std::sync::OnceLock;

use futures::future::BoxFuture;

use super::broker_handle::BrokerHandle;
use super::config::BrokerConfig;
use super::data::{Message, Publish, PublishError};

/// MQTT sessions beside those of the devices: canaries, people who look on.
pub(super) const SPARE_SESSIONS: u32 = 64;

/// The brokers by the labels and AWS's names of their regions, once they are there.
#[derive(Debug, Default)]
pub struct Brokers(OnceLock<Vec<(String, String, BrokerHandle)>>);

impl Brokers {
    /// The brokers are there. Nothing else fills it, and that once.
    pub(super) fn fill(&self, brokers: Vec<(String, String, BrokerHandle)>) {
        let _ = self.0.set(brokers);
    }

    /// All of them, by the labels of their regions, those that have not been started included.
    pub fn all(&self) -> impl Iterator<Item = (&str, &BrokerHandle)> {
        self.known().iter().map(|(label, _, site)| (label.as_str(), site))
    }

    /// The broker of the region of this label, whether it runs or not.
    pub fn get(&self, label: &str) -> Option<&BrokerHandle> {
        self.all()
            .find(|(known, _)| *known == label)
            .map(|(_, site)| site)
    }

    /// The broker of a region by AWS's name of it.
    fn in_region(&self, aws: &str) -> Option<&BrokerHandle> {
        self.known()
            .iter()
            .find(|(_, known, _)| known == aws)
            .map(|(_, _, site)| site)
    }

    fn known(&self) -> &[(String, String, BrokerHandle)] {
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
