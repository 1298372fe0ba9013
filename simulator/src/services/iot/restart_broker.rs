//! `iot.restart_broker`: the broker of a region is started anew.

use async_trait::async_trait;
use drill::journal::{Event, StepError};
use drill::ledger::Changed;
use drill::scenario::IotRestartBroker;

use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for IotRestartBroker {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let (drill, region) = (step.drill, &self.region);
        let refused = |message: String| StepError {
            operation: "RestartBroker".to_owned(),
            code: "ServiceUnavailableException".to_owned(),
            message,
        };
        let Some(broker) = drill.access.cloud.broker(region) else {
            return Err(refused(format!("region {region} has no broker")));
        };
        broker
            .restart()
            .await
            .map_err(|error| refused(error.to_string()))?;
        step.changed(Changed::Stream {
            region: region.clone(),
        });
        drill.ended_by_step();
        drill.host.emit(Event::Broker {
            region: region.clone(),
            running: true,
            detail: format!("restarted by step {}", step.step.id),
        });
        Ok(format!("the broker of {region} answers at {}", broker.address()))
    }
}
