//! Lambda: functions, their versions and aliases, their asynchronous events.

mod deploy;
mod events;
mod invoke;
mod metrics;
mod pace;
mod protections;
mod put_concurrency;
mod readiness;
mod redrive;
mod rollback;
mod settings;
mod target;

use async_trait::async_trait;
use cloud_emulator::gateway::RequestInfo;
use drill::journal::ReadinessCheck;
use drill::ledger::Changed;
use drill::scenario::Scenario;

pub(crate) use self::events::{FunctionCounts, on_function};
pub(crate) use self::pace::FunctionPace;
use super::service::Service;
use crate::conductor::access::CloudAccess;
use crate::conductor::clients::AuditClients;
use crate::conductor::context::Drill;
use crate::metrics::counts::JournalCounts;
use crate::metrics::page::Page;

/// The service.
pub(super) struct Lambda;

#[async_trait]
impl Service for Lambda {
    fn name(&self) -> &'static str {
        "lambda"
    }

    /// The function of this name, or ARN, in the AWS region of the call.
    fn called(&self, scenario: &Scenario, seen: &RequestInfo) -> Option<Changed> {
        let cloud = &scenario.cloud;
        let name = settings::function_name(seen.resource.as_deref()?);
        let function = cloud.functions().iter().find(|function| function.name == name)?;
        let region = cloud.regions.iter().find(|known| *known.aws == *seen.region)?;
        Some(Changed::Compute {
            name: function.label.clone(),
            region: region.label.clone(),
        })
    }

    async fn settings(
        &self,
        auditor: &AuditClients,
        region: Option<&str>,
        seen: &RequestInfo,
    ) -> Option<String> {
        let name = settings::function_name(seen.resource.as_deref()?);
        Some(settings::function(auditor.rest.at(region?), name).await)
    }

    async fn at_start(&self, scenario: &Scenario, auditor: &AuditClients) -> Vec<(String, String)> {
        protections::codes(scenario, &auditor.rest).await
    }

    async fn read_protections(&self, drill: &Drill) {
        protections::read(drill).await;
    }

    async fn readiness(&self, drill: &Drill) -> Vec<ReadinessCheck> {
        readiness::checks(drill).await
    }

    fn deployed(&self, access: &CloudAccess, region: &str) -> Vec<Changed> {
        let functions = access.scenario().cloud.functions().iter();
        let there = functions.filter(|function| access.cloud.has_function(region, &function.label));
        let changed = there.map(|function| Changed::Compute {
            name: function.label.clone(),
            region: region.to_owned(),
        });
        changed.collect()
    }

    fn metrics(&self, page: &mut Page, _: &Drill, counts: &JournalCounts) {
        metrics::functions(page, counts);
    }
}
