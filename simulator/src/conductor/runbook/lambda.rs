//! `lambda.deploy`, `lambda.rollback`, `lambda.put_concurrency`: functions as an operator sees them.

use cloud_emulator::client::lambda as api;
use cloud_emulator::client::rest::Rest;
use drill::journal::StepError;
use drill::ledger::Changed;
use drill::scenario::{Function, LIVE, LambdaDeploy, LambdaPutConcurrency, LambdaRollback};

use super::StepContext;

/// A function in one region, as a step finds it.
pub(super) struct Place<'a> {
    pub(super) function: &'a Function,
    /// The label of the region.
    pub(super) region: String,
    /// Its Lambda, as the operator reaches it.
    pub(super) rest: Rest,
}

/// The function of this label in the region that is asked for, or where it is used now.
pub(super) fn place<'a>(step: &StepContext<'a>, label: &str, region: Option<&str>) -> Place<'a> {
    let drill = step.drill;
    let function = drill.scenario.cloud.function(label);
    let region = region.map_or_else(|| drill.active_region(label).to_string(), str::to_owned);
    Place {
        function: function.expect("the scenario's references were checked"),
        rest: step.rest.at(&region).clone(),
        region,
    }
}

/// Points `live` to the version before the one that is live.
pub(crate) async fn rollback(action: &LambdaRollback, step: &StepContext<'_>) -> Result<String, StepError> {
    let place = place(step, &action.function, action.region.as_deref());
    let name = &place.function.name;
    let live = api::alias(&place.rest, name, LIVE).await?;
    let versions = api::versions(&place.rest, name).await?;
    let number = live.parse::<u64>().unwrap_or(u64::MAX);
    let Some(before) = versions.into_iter().rfind(|version| *version < number) else {
        return Err(StepError {
            operation: "UpdateAlias".to_owned(),
            code: "NothingToRollBackTo".to_owned(),
            message: format!("{name} has no version before {live}"),
        });
    };
    api::update_alias(&place.rest, name, LIVE, &before.to_string()).await?;
    step.drill.ended_by_step();
    Ok(format!(
        "{name} in {}: version {before} is live instead of {live}",
        place.region
    ))
}

/// Makes the function from its declaration, or puts its declared code live anew.
pub(crate) async fn deploy(action: &LambdaDeploy, step: &StepContext<'_>) -> Result<String, StepError> {
    let place = place(step, &action.function, action.region.as_deref());
    let deployed = step.drill.cloud.redeploy(place.function, &place.region).await?;
    step.changed(Changed::Function {
        function: place.function.label.clone(),
        region: place.region.clone(),
    });
    step.drill.ended_by_step();
    Ok(deployed)
}

/// Reserves execution environments, or takes the reservation away.
pub(crate) async fn put_concurrency(
    action: &LambdaPutConcurrency,
    step: &StepContext<'_>,
) -> Result<String, StepError> {
    let place = place(step, &action.function, action.region.as_deref());
    let name = &place.function.name;
    api::put_concurrency(&place.rest, name, action.reserved).await?;
    Ok(match action.reserved {
        Some(reserved) => format!("{reserved} execution environments of {name} are reserved"),
        None => format!("the reservation of {name} is gone"),
    })
}
