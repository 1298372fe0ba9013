//! Settings as the audit reads them: no outage stands in its way.

use cloud_emulator::gateway::RequestInfo;
use drill::scenario::Scenario;
use futures::future::BoxFuture;

use super::service;
use crate::conductor::clients::AuditClients;
use crate::conductor::settings::ReadSettings;

/// Asks the service that a call is made to.
pub(crate) struct SettingsReader {
    auditor: AuditClients,
    /// The labels of the regions, by AWS's names.
    regions: Vec<(String, String)>,
}

impl SettingsReader {
    pub(crate) fn new(auditor: AuditClients, scenario: &Scenario) -> SettingsReader {
        let regions = scenario.cloud.regions.iter();
        let regions = regions.map(|region| (region.aws.clone(), region.label.clone()));
        SettingsReader {
            auditor,
            regions: regions.collect(),
        }
    }
}

impl ReadSettings for SettingsReader {
    fn read<'a>(&'a self, seen: &'a RequestInfo) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            let region = self.regions.iter().find(|(aws, _)| **aws == *seen.region);
            let region = region.map(|(_, label)| label.as_str());
            service(&seen.service)?
                .settings(&self.auditor, region, seen)
                .await
        })
    }
}
