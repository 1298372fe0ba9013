//! `ssm.put_parameter`: one parameter is set.

use async_trait::async_trait;
use drill::journal::StepError;
use drill::services::ssm::SsmPutParameter;

use super::{api, hierarchy};
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for SsmPutParameter {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let drill = step.drill;
        let used = || drill.access.active_region(&self.parameters).to_string();
        let region = self.region.clone().unwrap_or_else(used);
        let path = &hierarchy(&drill.spec.scenario, &self.parameters).path;
        let name = format!("{path}{}", self.key);
        let version = api::put(step.rest.at(&region), &name, &self.value, api::STRING).await?;
        Ok(format!("{name} has version {version} in {region}"))
    }
}
