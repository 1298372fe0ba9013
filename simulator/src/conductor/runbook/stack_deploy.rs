//! `stack.deploy`: what the scenario's `cloud:` declares is built in another region.

use drill::journal::{Event, StepError};
use drill::ledger::Changed;
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
    let has = |function: &str| drill.cloud.has_function(&action.region, function);
    let missing: Vec<&str> = drill
        .scenario
        .cloud
        .functions
        .iter()
        .map(|function| function.label.as_str())
        .filter(|function| !has(function))
        .collect();
    let built = drill.cloud.deploy(&action.region, &step.client).await?;
    for function in missing.into_iter().filter(|function| has(function)) {
        step.changed(Changed::Function {
            function: function.to_owned(),
            region: action.region.clone(),
        });
    }
    if !before && ran(&action.region) {
        step.changed(Changed::Broker {
            region: action.region.clone(),
        });
        drill.emit(Event::Broker {
            region: action.region.clone(),
            running: true,
            detail: format!("started by step {}", step.step.id),
        });
    }
    Ok(built)
}
