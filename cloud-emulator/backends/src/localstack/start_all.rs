//! A container for each region, made and started by the `testcontainers` crate.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bollard::models::{HostConfig, PortBinding};
use futures::future::join_all;
use runtime::wall::{self, Mono};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerRequest, GenericImage, ImageExt};
use tokio::sync::oneshot;

use super::container::LocalStack;
use super::error::ContainerError;
use super::labels;
use super::launch::{Launch, Order};
use super::port::{PortHold, is_port_taken};
use super::remove::{in_runtime, remove};
use cloud_client::rest::with_cause;

/// Where LocalStack listens inside of its container.
const INSIDE: u16 = 4566;
/// How many ports are tried: between our leaving one and the engine's taking it, another process may take it.
const PORTS: u32 = 5;

/// While the engine may be making a container whose id is not known yet: whatever drops this before it is settled,
/// such as the end of the runtime, leaves the order to the reaper.
struct Doubt<'a>(Option<&'a Order>);

impl Doubt<'_> {
    fn settle(mut self) {
        self.0 = None;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(order) = self.0.take() {
            order.keep();
        }
    }
}

/// Starts a container for each region, side by side; with an error come those that were started all the same.
pub(super) async fn start_all(
    launch: &Arc<Launch>,
    regions: &[String],
    deadline: Mono,
) -> Result<Vec<LocalStack>, (ContainerError, Vec<LocalStack>)> {
    let starts = regions.iter().map(|region| async move {
        // On a thread with a runtime of its own: were it dropped half-way, with its task or with our runtime, the
        // engine would make an unknown container. A container that is not waited for any more is removed there.
        let (send, made) = oneshot::channel();
        let (common, place) = (Arc::clone(launch), region.clone());
        let thread = std::thread::Builder::new().name("drill-launcher".to_owned());
        let spawned = thread.spawn(move || drop(send.send(in_runtime(one(common, place)))));
        let failed = |cause: String| ContainerError::Engine {
            doing: format!("start the container of {region}"),
            cause,
        };
        spawned.map_err(|error| failed(error.to_string()))?;
        match wall::timeout(deadline.since(wall::mono()), made).await {
            Some(Ok(Ok(made))) => Ok(made?.into_localstack(region.clone())),
            Some(Ok(Err(error))) => Err(failed(error.to_string())),
            Some(Err(_)) => Err(failed("the thread that starts it panicked".to_owned())),
            None => Err(failed(format!("no answer within {:?}", launch.limit))),
        }
    });
    let (mut stacks, mut failed) = (Vec::new(), None);
    for started in join_all(starts).await {
        match started {
            Ok(stack) => stacks.push(stack),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        None => Ok(stacks),
        Some(error) => Err((error, stacks)),
    }
}

/// A container that runs; dropping it removes it.
struct Made {
    launch: Option<Arc<Launch>>,
    id: String,
    address: SocketAddr,
}

impl Made {
    /// From here on the handle removes it.
    fn into_localstack(mut self, region: String) -> LocalStack {
        match self.launch.take() {
            Some(launch) => LocalStack::new(launch, region, std::mem::take(&mut self.id), self.address),
            None => unreachable!("it is taken once, by value"),
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(launch) = self.launch.take() {
            launch.remove_blocking(&self.id);
        }
    }
}

async fn one(launch: Arc<Launch>, region: String) -> Result<Made, ContainerError> {
    let mut cause = String::new();
    for _ in 0..PORTS {
        let hold = PortHold::free().map_err(|error| ContainerError::Port {
            region: region.clone(),
            cause: error.to_string(),
        })?;
        let address = hold.address();
        let name = container_name(&launch, &region);
        let request = request(&launch, &region, &name, address);
        drop(hold);
        let doubt = Doubt(Some(&launch.order));
        let started = request.start().await;
        match started {
            Ok(container) => {
                doubt.settle();
                let id = container.id().to_owned();
                // From here on we look after it ourselves: dropping it would panic outside of a runtime, wait for the
                // engine inside of one, and do nothing at all if TESTCONTAINERS_COMMAND says `keep`.
                std::mem::forget(container);
                return Ok(Made {
                    launch: Some(launch),
                    id,
                    address,
                });
            }
            Err(error) => {
                match remove(&launch.engine, &name).await {
                    Ok(()) => doubt.settle(),
                    Err(error) => tracing::error!(%error, "a container is left for the reaper to remove"),
                }
                cause = with_cause(&error);
                if !is_port_taken(&cause) {
                    return Err(ContainerError::Engine {
                        doing: format!("start the container of {region}"),
                        cause,
                    });
                }
            }
        }
    }
    Err(ContainerError::Port { region, cause })
}

/// A name that no other container has, which says what it is in `docker ps`.
fn container_name(launch: &Launch, region: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let region: String = region
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let run = launch.labels.iter().find(|(name, _)| *name == labels::RUN);
    let run = run.map_or("", |(_, run)| run.as_str());
    format!("firedrill-{region}-{number}-{run}")
}

fn request(launch: &Launch, region: &str, name: &str, address: SocketAddr) -> ContainerRequest<GenericImage> {
    let image = GenericImage::new(launch.image.name.clone(), launch.image.tag.clone())
        .with_exposed_port(INSIDE.tcp());
    let labels = launch.labels.iter().map(|(name, value)| (*name, value.as_str()));
    let request = image
        .with_container_name(name)
        .with_labels(labels.chain([(labels::REGION, region)]))
        // A drill sends no usage reports, and fetches nothing that it does not need.
        .with_env_var("DISABLE_EVENTS", "1")
        .with_env_var("SKIP_SSL_CERT_DOWNLOAD", "1")
        .with_host_config_modifier(move |host: &mut HostConfig| publish(host, address));
    match &launch.auth_token {
        Some(token) => request.with_env_var("LOCALSTACK_AUTH_TOKEN", token),
        None => request,
    }
}

/// One port, on one address; of the others that an image may expose none.
fn publish(host: &mut HostConfig, address: SocketAddr) {
    let binding = PortBinding {
        host_ip: Some(address.ip().to_string()),
        host_port: Some(address.port().to_string()),
    };
    host.publish_all_ports = Some(false);
    host.port_bindings = Some(HashMap::from([(format!("{INSIDE}/tcp"), Some(vec![binding]))]));
}
