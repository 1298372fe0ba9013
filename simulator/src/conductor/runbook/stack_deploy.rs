//! `stack.deploy`: what the scenario's `cloud:` declares is built in another region.

use drill::journal::{Event, StepError};
use drill::scenario::StackDeploy;

use super::StepContext;

pub(crate) async fn run(action: &StackDeploy, step: &StepContext<'_>) -> Result<String, StepError> {
    let drill = step.drill;
    let ran = |label: &str| {
        drill
            .cloud
            .broker(label)
            .is_some_and(|broker| broker.is_running())
    };
    let before = ran(&action.region);
    let built = drill.cloud.deploy(&action.region, &step.client).await?;
    if !before && ran(&action.region) {
        drill.emit(Event::Broker {
            region: action.region.clone(),
            running: true,
            detail: format!("started by step {}", step.step.id),
        });
    }
    Ok(built)
}
