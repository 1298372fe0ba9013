//! `iot.restart_broker`: the broker of a region is started anew.

use drill::journal::{Event, StepError};
use drill::ledger::Changed;
use drill::scenario::IotRestartBroker;

use super::StepContext;

pub(crate) async fn run(action: &IotRestartBroker, step: &StepContext<'_>) -> Result<String, StepError> {
    let (drill, region) = (step.drill, &action.region);
    let refused = |message: String| StepError {
        operation: "RestartBroker".to_owned(),
        code: "ServiceUnavailableException".to_owned(),
        message,
    };
    let Some(broker) = drill.cloud.broker(region) else {
        return Err(refused(format!("region {region} has no broker")));
    };
    broker
        .restart()
        .await
        .map_err(|error| refused(error.to_string()))?;
    step.changed(Changed::Broker {
        region: region.clone(),
    });
    drill.ended_by_step();
    drill.emit(Event::Broker {
        region: region.clone(),
        running: true,
        detail: format!("restarted by step {}", step.step.id),
    });
    Ok(format!("the broker of {region} answers at {}", broker.address()))
}
