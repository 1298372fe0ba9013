//! `lambda.put_concurrency`: execution environments are reserved, or their reservation is taken away.

use async_trait::async_trait;
use cloud_emulator::client::lambda as api;
use drill::journal::StepError;
use drill::scenario::LambdaPutConcurrency;

use super::target::target;
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for LambdaPutConcurrency {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let target = target(step, &self.function, self.region.as_deref());
        let name = &target.function.name;
        api::put_concurrency(&target.rest, name, self.reserved).await?;
        Ok(match self.reserved {
            Some(reserved) => format!("{reserved} execution environments of {name} are reserved"),
            None => format!("the reservation of {name} is gone"),
        })
    }
}
