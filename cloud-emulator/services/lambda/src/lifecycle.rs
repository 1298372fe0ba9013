//! Lambda as a service of a cloud: its functions from their declaration to the end, and what an outage means for them.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::faults::{ActiveFault, FaultContext, FaultError, FaultGuard, InjectableFault};
use cloud_service::{Answering, CloudError, Deployment, EmulatedService, Handler};
use drill::journal::StepError;
use drill::scenario::{FaultAction, RegionOutage};

use super::emulated::LambdaService;
use super::faults;
use super::region::LambdaOutageGuard;

impl FaultGuard for LambdaOutageGuard {}

#[async_trait]
impl EmulatedService for LambdaService {
    fn handler(self: Arc<Self>) -> Option<Handler> {
        Some(Handler::Whole(self.lambda().clone()))
    }

    async fn run(self: Arc<Self>) {
        self.lambda().clone().run().await;
    }

    fn connect(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        self.connect_regions(cloud.listeners)
    }

    async fn provision(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        cloud.options.unless_halted(self.declare_functions()).await
    }

    async fn deploy(&self, deployment: Deployment<'_>) -> Result<Vec<String>, StepError> {
        let region = deployment.region;
        let mut built = Vec::new();
        for function in self.scenario().cloud.functions() {
            if self.lambda().exists(&region.region, &function.name) {
                continue;
            }
            let declared = self.declare(function, &region.label).await;
            declared.map_err(|error| StepError {
                operation: "CreateFunction".to_owned(),
                code: "CreateFailed".to_owned(),
                message: error.to_string(),
            })?;
            built.push(format!("function {}", function.name));
        }
        Ok(built)
    }

    async fn shutdown(&self) {
        self.lambda().shutdown().await;
    }

    fn fault<'a>(&'a self, action: &'a FaultAction) -> Option<Box<dyn InjectableFault + 'a>> {
        faults::fault(self, action)
    }

    /// Execution environments are killed, and nothing runs.
    fn start_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
        broken: &mut ActiveFault,
    ) -> Result<(), FaultError> {
        let guard = self.lambda().start_outage(context.aws_region(&outage.region));
        broken.hold(guard.map_err(FaultError::new)?);
        Ok(())
    }
}
