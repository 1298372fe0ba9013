//! LocalStack as the AWS behind a drill.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::{Backend, BackendError, CloudError, CloudOptions, Endpoint, Machine, Needed};
use futures::FutureExt;
use futures::future::{pending, select_all};
use http::uri::Authority;

use crate::localstack::{ContainerError, ContainerOptions, LocalStack, STAND_UP, start};

/// Where newer images of LocalStack look for their licence.
const AUTH_TOKEN: &str = "LOCALSTACK_AUTH_TOKEN";

/// A LocalStack for each region of a drill.
pub(crate) struct LocalStacks {
    endpoints: Vec<Endpoint>,
    /// In the order of the endpoints.
    containers: Vec<Arc<LocalStack>>,
}

impl LocalStacks {
    /// Starts them, and waits until each has all services that are needed of it.
    ///
    /// # Errors
    /// A container that does not get ready.
    pub(crate) async fn start(
        options: &CloudOptions<'_>,
        image: &str,
        services: Vec<Needed>,
    ) -> Result<LocalStacks, CloudError> {
        let told = options.on_wait.clone();
        let regions = options.scenario.cloud.regions.iter();
        let started = start(ContainerOptions {
            image: image.to_owned(),
            auth_token: std::env::var(AUTH_TOKEN).ok().filter(|token| !token.is_empty()),
            regions: regions.map(|region| region.aws.clone()).collect(),
            services,
            supervisor: options.supervisor.clone(),
            exe: options.exe.to_owned(),
            limit: STAND_UP,
            on_pull: Arc::new(move |pull| told(&pull.to_string())),
        });
        let started = started.await;
        let started = started.map_err(|error| CloudError::new("start LocalStack", error))?;
        let containers: Vec<Arc<LocalStack>> = started.into_iter().map(Arc::new).collect();
        let endpoint = |container: &Arc<LocalStack>| Endpoint {
            region: container.region().to_owned(),
            to: at(container),
        };
        Ok(LocalStacks {
            endpoints: containers.iter().map(endpoint).collect(),
            containers,
        })
    }
}

fn at(container: &LocalStack) -> Authority {
    let address = container.address().to_string();
    address.parse().expect("an address is an authority")
}

#[async_trait]
impl Backend for LocalStacks {
    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    fn machine(&self, region: &str) -> Option<Arc<dyn Machine>> {
        let mut containers = self.containers.iter();
        let container = containers.find(|container| container.region() == region)?;
        Some(container.clone())
    }

    async fn died(&self) -> String {
        let deaths = self.containers.iter().map(|container| {
            let (died, region) = (container.died(), container.region().to_owned());
            async move { format!("the container of {region} {}", died.await) }.boxed()
        });
        select_all(deaths.chain([pending().boxed()])).await.0
    }

    async fn remove(&self) -> Vec<String> {
        let mut left = Vec::new();
        for container in &self.containers {
            if let Err(error) = container.remove().await {
                left.push(error.to_string());
            }
        }
        left
    }
}

#[async_trait]
impl Machine for LocalStack {
    async fn pause(&self) -> Result<(), BackendError> {
        LocalStack::pause(self).await.map_err(failed)
    }

    async fn unpause(&self) -> Result<(), BackendError> {
        LocalStack::unpause(self).await.map_err(failed)
    }

    async fn kill(&self) -> Result<(), BackendError> {
        LocalStack::kill(self).await.map_err(failed)
    }

    async fn revive(&self) -> Result<(), BackendError> {
        LocalStack::revive(self).await.map_err(failed)
    }

    fn give_up(&self, error: &BackendError) {
        LocalStack::give_up(self, error);
    }
}

fn failed(error: ContainerError) -> BackendError {
    match error {
        ContainerError::Leaving { .. } => BackendError::Leaving(Box::new(error)),
        other => BackendError::Failed(Box::new(other)),
    }
}
