//! IoT Core as a service of a cloud: its brokers and rules, and what an outage means for them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, FaultGuard, InjectableFault,
};
use cloud_service::{Answering, CloudError, Deployment, EmulatedService, Handler};
use drill::journal::StepError;
use drill::scenario::{FailureMode, FaultAction, RegionOutage};

use super::broker_handle::{FreezeGuard, HoldGuard};
use super::emulated::IotService;
use super::faults;

/// How long verification waits for an answer, in wall time.
const ANSWER: Duration = Duration::from_millis(750);

impl FaultGuard for HoldGuard {}
impl FaultGuard for FreezeGuard {}

#[async_trait]
impl EmulatedService for IotService {
    fn handler(self: Arc<Self>) -> Option<Handler> {
        Some(Handler::Whole(self.data().clone()))
    }

    async fn provision(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        cloud.options.unless_halted(self.start_brokers(cloud)).await
    }

    async fn deploy(&self, deployment: Deployment<'_>) -> Result<Vec<String>, StepError> {
        let broker = self.brokers().get(&deployment.region.label);
        let Some(broker) = broker.filter(|broker| !broker.is_running()) else {
            return Ok(Vec::new());
        };
        let started = broker.restart().await;
        started.map_err(|error| StepError {
            operation: "CreateTopicRule".to_owned(),
            code: "ServiceUnavailableException".to_owned(),
            message: error.to_string(),
        })?;
        Ok(vec!["the broker with its rules".to_owned()])
    }

    fn fault<'a>(&'a self, action: &'a FaultAction) -> Option<Box<dyn InjectableFault + 'a>> {
        faults::fault(self, action)
    }

    /// The broker is killed and held down, or frozen where clients are to hang.
    fn start_outage(
        &self,
        outage: &RegionOutage,
        _context: &FaultContext<'_>,
        broken: &mut ActiveFault,
    ) -> Result<(), FaultError> {
        let Some(broker) = self.brokers().get(&outage.region) else {
            return Ok(());
        };
        let why = format!("region {} is out", outage.region);
        if broker.is_running() {
            broken
                .touched
                .push(format!("the broker of region {}", outage.region));
        }
        match outage.manner {
            FailureMode::Hang => broken.hold(broker.hold_frozen(&why)),
            FailureMode::Refuse | FailureMode::Unavailable => broken.hold(broker.hold_down(&why)),
        }
        Ok(())
    }

    async fn verify_outage(
        &self,
        outage: &RegionOutage,
        _context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        let broker = self.brokers().get(&outage.region)?;
        let answers = broker.answers(ANSWER).await;
        let said = if answers { "a session" } else { "no session" };
        Some(FaultEvidence {
            proven: !answers,
            observed: format!("the broker of region {} gives {said}", outage.region),
        })
    }
}
