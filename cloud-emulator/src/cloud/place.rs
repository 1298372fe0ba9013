//! The AWS of a drill as it was stood up: its S3, and where other services are.

use std::sync::Arc;
use std::time::Duration;

use drill::scenario::{RouteTo, Scenario};
use drill::units::ByteSize;
use futures::FutureExt;
use futures::future::select_all;
use http::uri::Authority;
use runtime::wall;

use super::provider::authority;
use super::{CloudError, CloudOptions, Provider};
use crate::backend::Backend;
use crate::containers::{self, ContainerOptions, LocalStack};
use crate::gateway::{Forward, Principal};
use crate::remote::{Endpoint, Remote, RemoteOptions};
use crate::replication::Replicator;
use crate::s3::{Store, StoreOptions};

/// The embedded S3 holds at most this much, of all regions together.
const MEMORY: ByteSize = ByteSize(4 << 30);

/// The largest object of one request, as S3 has it (5 GiB), within what memory allows.
const LARGEST_BODY: ByteSize = ByteSize(1 << 30);

/// Where newer images of LocalStack look for their licence.
const AUTH_TOKEN: &str = "LOCALSTACK_AUTH_TOKEN";

/// How long an endpoint may take to answer at the start, in wall time.
const REACHED: Duration = Duration::from_secs(30);

/// The pause before an endpoint is asked again whether it still lives, in wall time.
const PULSE: Duration = Duration::from_secs(2);

/// How long an answer may take: whoever is busy with a drill on a busy machine is slow, and not dead.
const ANSWER: Duration = Duration::from_secs(30);

/// An endpoint that did not answer so many times in a row is dead: one that hangs after about a minute, one that refuses
/// connections after a few seconds (each time is three attempts). More than once, since a fault may take an endpoint
/// that has just been asked.
const DEAD_AFTER: u32 = 2;

/// The AWS of a drill.
pub(super) struct Place {
    pub(super) s3: Backend,
    /// Other endpoints, in the order of the regions; none for the embedded cloud.
    endpoints: Vec<Endpoint>,
    /// Containers of ours behind them, in the same order.
    pub(super) containers: Vec<Arc<LocalStack>>,
    /// Whether the endpoints outlive the drill, and are to be left as they were found.
    theirs: bool,
}

impl Place {
    /// Stands it up, or reaches it.
    ///
    /// # Errors
    /// A container that does not get ready, an endpoint that does not answer as S3 does.
    pub(super) async fn stand_up(
        options: &CloudOptions<'_>,
        replicator: &Arc<Replicator>,
    ) -> Result<Place, CloudError> {
        let cloud = &options.scenario.cloud;
        // Before anything is started for it: see `routes`.
        for route in &cloud.routes {
            if let RouteTo::Url(url) = &route.to {
                let cannot = |why| CloudError::new(format!("route {} to {url}", route.service), why);
                authority(url).map_err(cannot)?;
            }
        }
        let mut containers = Vec::new();
        let addresses: Vec<Authority> = match options.provider {
            Provider::Embedded => Vec::new(),
            Provider::LocalStack { image } => {
                containers = self::containers(options, image).await?;
                containers.iter().map(|container| at(container)).collect()
            }
            Provider::Endpoints(endpoints) => endpoints.clone(),
        };
        let theirs = matches!(options.provider, Provider::Endpoints(_));
        let endpoints: Vec<Endpoint> = endpoints(cloud, addresses.into_iter());
        let s3 = match cloud.route("s3") {
            Some(RouteTo::Embedded) => Vec::new(),
            Some(RouteTo::Url(url)) => {
                let to = authority(url).map_err(|why| CloudError::new("reach S3", why))?;
                self::endpoints(cloud, std::iter::repeat(to))
            }
            Some(RouteTo::Cloud) | None => endpoints.clone(),
        };
        if s3.is_empty() {
            return Ok(Place {
                s3: embedded(options, replicator).into(),
                endpoints,
                containers,
                theirs,
            });
        }
        let remote = Remote::new(RemoteOptions {
            endpoints: s3,
            keys: options.keys.of(Principal::User).clone(),
            clock: options.clock.clone(),
            seed: options.plan.seed,
            observer: replicator.observer(),
        });
        let answers = remote.answers(REACHED).await;
        answers.map_err(|why| CloudError::new("reach the S3 of --cloud", why))?;
        Ok(Place {
            s3: remote.into(),
            endpoints,
            containers,
            theirs: theirs || matches!(cloud.route("s3"), Some(RouteTo::Url(_))),
        })
    }

    /// Where services other than S3 are, if not here. What nobody routes is served here if it can be, and else by the
    /// cloud.
    pub(super) fn routes(&self, scenario: &Scenario) -> Vec<Forward> {
        let to_cloud = |service: Option<&str>| {
            let service = service.map(str::to_owned);
            let route = move |endpoint: &Endpoint| Forward {
                service: service.clone(),
                region: Some(endpoint.region.clone()),
                to: endpoint.to.clone(),
            };
            self.endpoints.iter().map(route).collect::<Vec<Forward>>()
        };
        let mut routes = to_cloud(None);
        let others = scenario.cloud.routes.iter().filter(|route| route.service != "s3");
        for route in others {
            match &route.to {
                RouteTo::Embedded => {}
                RouteTo::Cloud => routes.extend(to_cloud(Some(&route.service))),
                RouteTo::Url(url) => routes.push(Forward {
                    service: Some(route.service.clone()),
                    region: None,
                    to: authority(url).expect("checked before anything was stood up"),
                }),
            }
        }
        routes
    }

    /// Resolves when a container or an endpoint ends though nobody asked it to: with which, and how. Never for the
    /// embedded cloud.
    pub(super) async fn died(&self) -> String {
        let deaths = self.containers.iter().map(|container| {
            let (died, region) = (container.died(), container.region().to_owned());
            async move { format!("the container of {region} {}", died.await) }.boxed()
        });
        // The engine tells the end of a container, and not that the LocalStack in one that lives hangs.
        let pulse = async {
            match &self.s3 {
                Backend::Remote(remote) => last_pulse(remote).await,
                Backend::Embedded(_) => std::future::pending().await,
            }
        };
        select_all(deaths.chain([pulse.boxed()])).await.0
    }

    /// The container of the region that AWS calls so.
    pub(super) fn container(&self, region: &str) -> Option<&Arc<LocalStack>> {
        self.containers
            .iter()
            .find(|container| container.region() == region)
    }

    /// Leaves other endpoints as they were found, and removes containers. What could not be removed, in words.
    pub(super) async fn leave(&self) -> Vec<String> {
        let mut left = Vec::new();
        if let Backend::Remote(remote) = &self.s3
            && self.theirs
        {
            left.extend(remote.clean_up().await);
        }
        for container in &self.containers {
            if let Err(error) = container.remove().await {
                left.push(error.to_string());
            }
        }
        left
    }
}

/// A LocalStack for each region, that has each service that goes there.
async fn containers(options: &CloudOptions<'_>, image: &str) -> Result<Vec<Arc<LocalStack>>, CloudError> {
    let cloud = &options.scenario.cloud;
    // S3 goes there unless it is routed elsewhere; the others that are Firedrill's own only if they are routed there.
    let s3 = cloud.route("s3").is_none().then(|| "s3".to_owned());
    let routed = cloud.routes.iter().filter(|route| route.to == RouteTo::Cloud);
    let services = s3.into_iter().chain(routed.map(|route| route.service.clone()));
    let told = options.on_wait.clone();
    let started = containers::start(ContainerOptions {
        image: image.to_owned(),
        auth_token: std::env::var(AUTH_TOKEN).ok().filter(|token| !token.is_empty()),
        regions: cloud.regions.iter().map(|region| region.aws.clone()).collect(),
        services: services.collect(),
        supervisor: options.supervisor.clone(),
        exe: options.exe.to_owned(),
        limit: containers::STAND_UP,
        on_pull: Arc::new(move |pull| told(&pull.to_string())),
    });
    let started = started.await;
    let started = started.map_err(|error| CloudError::new("start LocalStack", error))?;
    Ok(started.into_iter().map(Arc::new).collect())
}

fn at(container: &LocalStack) -> Authority {
    let address = container.address().to_string();
    address.parse().expect("an address is an authority")
}

/// The endpoints of a cloud's regions, in their order.
fn endpoints(cloud: &drill::scenario::Cloud, addresses: impl Iterator<Item = Authority>) -> Vec<Endpoint> {
    let endpoint = |(region, to): (&drill::scenario::Region, Authority)| Endpoint {
        region: region.aws.clone(),
        to,
    };
    cloud.regions.iter().zip(addresses).map(endpoint).collect()
}

/// Asks the endpoints again and again, but for those that a fault has taken, until one of them is dead.
async fn last_pulse(remote: &Remote) -> String {
    let mut missed = 0;
    loop {
        wall::sleep(PULSE).await;
        match remote.answers(ANSWER).await {
            Ok(()) => missed = 0,
            Err(why) => {
                missed += 1;
                if missed == DEAD_AFTER {
                    return why;
                }
            }
        }
    }
}

fn embedded(options: &CloudOptions<'_>, replicator: &Arc<Replicator>) -> Arc<Store> {
    let clock = options.clock.clone();
    let regions = options.scenario.cloud.regions.iter();
    Store::new(StoreOptions {
        regions: regions.map(|region| region.aws.clone()).collect(),
        seed: options.plan.seed,
        memory: MEMORY,
        largest_body: LARGEST_BODY,
        calendar: Arc::new(move || clock.calendar_us()),
        observer: Some(replicator.observer()),
    })
}
