//! What a service of the emulated cloud is, from its entry in the registry to the end of a drill.
//!
//! ```text
//!   ServiceKind ──start──► EmulatedService: prepare ──► (listeners open) ──► connect ──► provision ──► deploy …
//!    (registry)               │                                                              leave ◄── shutdown
//!                             ├── handler: what the gateway serves of it
//!                             └── fault, start_outage, …: what breaks it, and how that is verified
//! ```
//!
//! Every step has a default that does nothing: a service that only answers needs `handler` alone.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_gateway::{AwsService, StreamedService};
use drill::journal::{RegionEndpoint, StepError};
use drill::scenario::{FaultAction, RegionOutage, Scenario};
use drill::units::DrillTime;

use super::endpoint::Endpoint;
use super::error::CloudError;
use super::faults::{ActiveFault, FaultContext, FaultError, FaultEvidence, InjectableFault};
use super::listeners::Listeners;
use super::options::CloudOptions;
use super::ready_call::ReadyCall;

/// A service as the registry has it, before there is a cloud.
#[async_trait]
pub trait ServiceKind: Send + Sync {
    /// As scenarios name it (`iot`).
    fn name(&self) -> &'static str;

    /// As requests to it are signed (`iotdata`); `None` of a service without an API.
    fn signing_name(&self) -> Option<&'static str> {
        Some(self.name())
    }

    /// Whether it is served by the cloud that the drill runs on, if there is one, unless the scenario routes it elsewhere.
    /// Other services are Firedrill's own unless they are routed.
    fn belongs_to_cloud(&self) -> bool {
        false
    }

    /// How it shows in another cloud that it works; by default that cloud's health page has to name it.
    fn ready_call(&self) -> Option<&'static ReadyCall> {
        None
    }

    /// How many sockets it listens on beside the gateway's.
    fn sockets(&self, scenario: &Scenario) -> usize {
        let _ = scenario;
        0
    }

    /// The service of one cloud, with nothing in it yet.
    async fn start(
        &self,
        options: &CloudOptions<'_>,
        place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError>;
}

/// Where a service is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// By Firedrill itself.
    Here,
    /// At other endpoints.
    Endpoints {
        /// One for each region, in their order.
        endpoints: Vec<Endpoint>,
        /// Whether they outlive the drill, and are to be left as they were found.
        outlive_drill: bool,
    },
}

/// What the gateway serves of a service.
#[derive(Clone)]
pub enum Handler {
    /// Requests that name it.
    Whole(Arc<dyn AwsService>),
    /// Those, and the ones that name none. A cloud has one such service.
    Default(Arc<dyn StreamedService>),
}

/// A cloud whose gateway answers.
#[derive(Clone, Copy)]
pub struct Answering<'a> {
    /// What it is stood up with.
    pub options: &'a CloudOptions<'a>,
    /// Its listeners.
    pub listeners: &'a Listeners,
    /// The addresses of the service's own sockets.
    pub addresses: &'a [SocketAddr],
}

/// A region that lacks something that the scenario declares.
#[derive(Clone, Copy)]
pub struct Deployment<'a> {
    /// The region.
    pub region: &'a RegionEndpoint,
    /// S3 with the operator's keys, by whose meter it counts.
    pub s3: &'a aws_sdk_s3::Client,
}

/// A service of a cloud.
#[async_trait]
pub trait EmulatedService: Any + Send + Sync {
    /// What the gateway serves of it.
    fn handler(self: Arc<Self>) -> Option<Handler> {
        None
    }

    /// Makes what has to be there before the cloud answers.
    async fn prepare(&self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        let _ = options;
        Ok(())
    }

    /// Does its work of its own until the cloud ends.
    async fn run(self: Arc<Self>) {}

    /// Is told by which listeners it reaches others, before anything is provisioned.
    ///
    /// # Errors
    /// What it needs for that cannot be had.
    fn connect(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        let _ = cloud;
        Ok(())
    }

    /// Makes what the scenario declares of it.
    async fn provision(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        let _ = cloud;
        Ok(())
    }

    /// Builds what a region lacks of that; what was built, in words.
    async fn deploy(&self, deployment: Deployment<'_>) -> Result<Vec<String>, StepError> {
        let _ = deployment;
        Ok(Vec::new())
    }

    /// Resolves when something that it needs ends unexpectedly: with what, and how.
    async fn died(&self) -> String {
        std::future::pending().await
    }

    /// Ends what it started, before the listeners close.
    async fn shutdown(&self) {}

    /// Leaves other endpoints as they were found, after the listeners closed. What could not be removed, in words.
    async fn leave(&self) -> Vec<String> {
        Vec::new()
    }

    /// The fault on its state that a scenario asks for, if it is one of this service.
    fn fault<'a>(&'a self, action: &'a FaultAction) -> Option<Box<dyn InjectableFault + 'a>> {
        let _ = action;
        None
    }

    /// An outage of a region begins, or its decay: protections stop that reach over regions. The labels of the stores
    /// that lost theirs.
    fn stop_protection(&self, outage: &RegionOutage, context: &FaultContext<'_>) -> Vec<String> {
        let _ = (outage, context);
        Vec::new()
    }

    /// It is lost in a region: breaks what the gateway does not see. Requests fail without it.
    ///
    /// # Errors
    /// It cannot be broken.
    fn start_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
        broken: &mut ActiveFault,
    ) -> Result<(), FaultError> {
        let _ = (outage, context, broken);
        Ok(())
    }

    /// Reads back that it is lost in a region; `None` where only its traffic can show it.
    async fn verify_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        let _ = (outage, context);
        None
    }

    /// Reads back that the store of this label has no protection since then; `None` if it is none of this service's.
    async fn verify_unprotected(
        &self,
        store: &str,
        since: DrillTime,
        context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        let _ = (store, since, context);
        None
    }

    /// A fault has taken what a region runs in, or given it back.
    fn set_down(&self, region: &str, down: bool) {
        let _ = (region, down);
    }

    /// What a region held is gone for good, with what it ran in.
    fn forget(&self, region: &str) {
        let _ = region;
    }
}
