//! `stack.deploy`: what the scenario's `cloud:` declares is built in another region.

use async_trait::async_trait;
use drill::journal::StepError;
use drill::ledger::Changed;
use drill::scenario::StackDeploy;

use super::action::RunbookAction;
use super::context::StepContext;
use crate::services::service::Service;

#[async_trait]
impl RunbookAction for StackDeploy {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let access = &step.drill.access;
        let before = deployed(step, &self.region);
        let built = access.cloud.deploy(&self.region, &step.client).await?;
        for (service, changed) in deployed(step, &self.region) {
            if before.iter().any(|(_, known)| *known == changed) {
                continue;
            }
            let event = service.event_of(&changed, &step.step.id);
            step.changed(changed);
            event.into_iter().for_each(|event| step.drill.host.emit(event));
        }
        Ok(built)
    }
}

/// What is in a region now of what services deploy.
fn deployed(step: &StepContext<'_>, region: &str) -> Vec<(&'static dyn Service, Changed)> {
    let of = |service: &&'static dyn Service| {
        let service = *service;
        let deployed = service.deployed(&step.drill.access, region);
        deployed.into_iter().map(move |changed| (service, changed))
    };
    step.services.iter().flat_map(of).collect()
}
