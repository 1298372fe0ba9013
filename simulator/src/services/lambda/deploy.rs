//! `lambda.deploy`: a function is made from its declaration, or its declared code is put live anew.

use async_trait::async_trait;
use drill::journal::StepError;
use drill::ledger::Changed;
use drill::scenario::LambdaDeploy;

use super::target::target;
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for LambdaDeploy {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let target = target(step, &self.function, self.region.as_deref());
        let deployed = step
            .drill
            .access
            .cloud
            .redeploy(target.function, &target.region)
            .await?;
        step.changed(Changed::Compute {
            name: target.function.label.clone(),
            region: target.region.clone(),
        });
        step.drill.ended_by_step();
        Ok(deployed)
    }
}
