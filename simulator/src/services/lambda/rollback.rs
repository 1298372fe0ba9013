//! `lambda.rollback`: the version before the one that is live becomes live.

use async_trait::async_trait;
use cloud_emulator::client::lambda as api;
use drill::journal::StepError;
use drill::scenario::{LIVE, LambdaRollback};

use super::target::target;
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for LambdaRollback {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let target = target(step, &self.function, self.region.as_deref());
        let name = &target.function.name;
        let live = api::alias(&target.rest, name, LIVE).await?;
        let versions = api::versions(&target.rest, name).await?;
        let number = live.parse::<u64>().unwrap_or(u64::MAX);
        let Some(before) = versions.into_iter().rfind(|version| *version < number) else {
            return Err(StepError {
                operation: "UpdateAlias".to_owned(),
                code: "NothingToRollBackTo".to_owned(),
                message: format!("{name} has no version before {live}"),
            });
        };
        api::update_alias(&target.rest, name, LIVE, &before.to_string()).await?;
        step.drill.ended_by_step();
        Ok(format!(
            "{name} in {}: version {before} is live instead of {live}",
            target.region
        ))
    }
}
