//! The cloud of a scenario, stood up as its `cloud:` section declares it.
//!
//! ```text
//!   scenario ──► buckets, versioning ──► inventory (dated back, replicas in place) ──► gateway, a door per region
//!                                                    replication, put through the gateway ◄──┘
//!                                            functions, brokers with rules, per region ◄──┘
//! ```
//!
//! Everything listens on loopback. The cloud answers when [`Cloud::start`] returns, and ends with
//! [`Cloud::shutdown`]. What a region does not have at the start, [`Cloud::deploy`] builds.

mod brokers;
mod buckets;
mod deploy;
mod functions;
mod keys;
mod place;
mod provider;

pub use brokers::most_devices;
pub use keys::RunKeys;
pub use provider::Provider;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drill::journal::RegionEndpoint;
use drill::plan::Plan;
use drill::scenario::Scenario;
use parking_lot::Mutex;
use runtime::{Clock, Supervisor};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;
use crate::client::rest::{Rest, RestClients};
use crate::client::{Clients, Connections, KeyPair, Patience, S3};
use crate::containers::LocalStack;
use crate::gateway::{AccessKey, Forward, Gateway, GatewayOptions, Principal};
use crate::iot::{Site, Trouble};
use crate::iot_data::IotData;
use crate::lambda::{Isolation, Lambda, LambdaEvent};
use crate::names::Names;
use crate::replication::{ReplicationEvent, Replicator, ReplicatorOptions, Source};
use crate::sts::Sts;

/// Connections that the gateway holds at once.
const CONNECTIONS: usize = 4096;

/// The cloud could not be stood up.
#[derive(Debug, thiserror::Error)]
#[error("cannot stand up the cloud: {doing}: {why}")]
pub struct CloudError {
    /// What was being done.
    doing: String,
    /// What stood in the way.
    why: String,
}

impl CloudError {
    pub(crate) fn new(doing: impl Into<String>, why: impl std::fmt::Display) -> CloudError {
        CloudError {
            doing: doing.into(),
            why: why.to_string(),
        }
    }
}

/// Where a cloud listens: the door of each region in turn, then the broker of each, on `port` and those after
/// it. Without a port the system chooses free ones (0).
pub fn addresses(scenario: &Scenario, port: Option<u16>) -> Vec<SocketAddr> {
    let regions = scenario.cloud.regions.len();
    let brokers = scenario.cloud.iot.as_ref().map_or(0, |_| regions);
    let nth = |n: usize| {
        port.map_or(0, |port| {
            port.saturating_add(u16::try_from(n).unwrap_or(u16::MAX))
        })
    };
    (0..regions + brokers)
        .map(|n| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), nth(n)))
        .collect()
}

/// What a cloud is stood up with.
pub struct CloudOptions<'a> {
    /// What it declares.
    pub scenario: &'a Scenario,
    /// The folder that the scenario's paths count from.
    pub scenario_folder: &'a Path,
    /// The folder of the run's records, which no package takes in.
    pub records: Option<&'a Path>,
    /// What its buckets hold.
    pub plan: &'a Plan,
    /// Drill time, which is frozen until the cloud answers.
    pub clock: &'a Clock,
    /// The port of the first region's door (see [`addresses`]); free ones without it.
    pub port: Option<u16>,
    /// Starts brokers and functions.
    pub supervisor: &'a Arc<Supervisor>,
    /// Our own executable, which has hidden subcommands for `broker`, `function` and `sandbox`.
    pub exe: &'a Path,
    /// The file in which brokers leave their marks, with the region's label behind its name.
    pub marks: PathBuf,
    /// A folder of its own, in which functions' code is unpacked.
    pub code: PathBuf,
    /// How users' functions are kept apart from this machine.
    pub isolation: Isolation,
    /// What everybody signs with.
    pub keys: RunKeys,
    /// Where its AWS is.
    pub provider: &'a Provider,
    /// Once it is cancelled nobody waits for the cloud any more: what was made of it is removed.
    pub halt: CancellationToken,
    /// Is told, at most once a second, what takes long while it is stood up (the pull of an image).
    pub on_wait: Arc<dyn Fn(&str) + Send + Sync>,
    /// Is told of copies that can never be made.
    pub on_replication: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
    /// Is told what goes wrong with the brokers' rules.
    pub on_trouble: Arc<dyn Fn(Trouble) + Send + Sync>,
    /// Is told what becomes of functions' asynchronous events.
    pub on_function: Arc<dyn Fn(LambdaEvent) + Send + Sync>,
}

/// A cloud that answers.
pub struct Cloud {
    scenario: Arc<Scenario>,
    scenario_folder: PathBuf,
    records: Option<PathBuf>,
    place: place::Place,
    replicator: Arc<Replicator>,
    gateway: Arc<Gateway>,
    lambda: Arc<Lambda>,
    names: Names,
    regions: Vec<RegionEndpoint>,
    /// The door that only the audit goes through.
    private: String,
    keys: RunKeys,
    connections: Connections,
    brokers: Arc<brokers::Brokers>,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl Cloud {
    /// Stands up what the scenario declares.
    ///
    /// # Errors
    /// A port that is in use, memory that does not suffice, a declaration that the cloud refuses; and if it is halted.
    /// Nothing is left then.
    pub async fn start(options: CloudOptions<'_>) -> Result<Cloud, CloudError> {
        let replicator = replicator(&options);
        let standing = place::Place::stand_up(&options, &replicator);
        let place = unless_halted(&options.halt, standing).await?;
        let mut cloud = Cloud::bare(&options, place, replicator);
        match cloud.furnish(&options).await {
            Ok(()) => Ok(cloud),
            Err(error) => {
                for left in cloud.shutdown().await {
                    tracing::warn!(left, "what a cloud left that was not stood up");
                }
                Err(error)
            }
        }
    }

    /// With nothing in it, and no door to it.
    fn bare(options: &CloudOptions<'_>, place: place::Place, replicator: Arc<Replicator>) -> Cloud {
        let keys = options.keys.clone();
        let lambda = functions::lambda(options);
        let brokers = Arc::default();
        let routes = place.routes(options.scenario);
        let gateway = gateway(options, &place.s3, &lambda, &brokers, &keys, routes);
        Cloud {
            scenario: Arc::new(options.scenario.clone()),
            scenario_folder: options.scenario_folder.to_owned(),
            records: options.records.map(Path::to_owned),
            names: Names::new(options.scenario),
            place,
            replicator,
            gateway,
            lambda,
            regions: Vec::new(),
            private: String::new(),
            keys,
            connections: Connections::new(),
            brokers,
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
        }
    }

    /// Makes what the scenario declares.
    async fn furnish(&mut self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        for bucket in &options.scenario.cloud.buckets {
            let declared = |why: String| buckets::declared(bucket, why);
            // Not cut off: elsewhere a bucket without its tag is nobody's, and nobody would remove it.
            let made = buckets::create(&self.place.s3, options.scenario, bucket).await;
            made.map_err(declared)?;
            let filled = async {
                let filled = buckets::fill(&self.place.s3, options, bucket).await;
                filled.map_err(declared)
            };
            unless_halted(&options.halt, filled).await?;
        }
        self.open_doors(options)?;
        self.run(self.replicator.clone().run(self.place.s3.clone()));
        self.run(self.lambda.clone().run());
        self.connect_lambda()?;
        let operator = self.s3(Principal::User, Patience::STANDARD);
        for bucket in &options.scenario.cloud.buckets {
            let put = buckets::replicate(&operator, bucket).await;
            put.map_err(|why| buckets::declared(bucket, why.message))?;
        }
        unless_halted(&options.halt, self.declare_functions()).await?;
        let halt = options.halt.clone();
        unless_halted(&halt, self.start_brokers(options)).await
    }

    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.lock().spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    /// A door for each region, and one for the audit alone.
    fn open_doors(&mut self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        for (region, address) in options
            .scenario
            .cloud
            .regions
            .iter()
            .zip(addresses(options.scenario, options.port))
        {
            let (listener, endpoint) = listen(address, &format!("for region {}", region.aws))?;
            self.regions.push(RegionEndpoint {
                label: region.label.clone(),
                region: region.aws.clone(),
                endpoint,
            });
            let (gateway, aws, stop) = (self.gateway.clone(), region.aws.clone(), self.stop.clone());
            self.tasks.lock().spawn(async move {
                if let Err(error) = gateway.serve(&aws, listener, stop).await {
                    tracing::error!(%error, region = aws, "the door of a region closed");
                }
            });
        }
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let (listener, endpoint) = listen(any, "for the audit")?;
        self.private = endpoint;
        let (gateway, stop) = (self.gateway.clone(), self.stop.clone());
        self.tasks.lock().spawn(async move {
            if let Err(error) = gateway.serve_private(listener, stop).await {
                tracing::error!(%error, "the door of the audit closed");
            }
        });
        Ok(())
    }

    /// The regions, in the order of the scenario, with the doors to them.
    pub fn regions(&self) -> &[RegionEndpoint] {
        &self.regions
    }

    /// The region of this label.
    pub fn region(&self, label: &str) -> Option<&RegionEndpoint> {
        self.regions.iter().find(|region| region.label == label)
    }

    /// The keys of a principal.
    pub fn keys(&self, principal: Principal) -> &KeyPair {
        self.keys.of(principal)
    }

    /// S3 through the first region's door, which leads to the buckets of every region; the audit has a door of
    /// its own, which no outage closes.
    pub fn s3(&self, principal: Principal, patience: Patience) -> S3 {
        let region = &self.regions[0];
        let endpoint = match principal {
            Principal::Audit => &self.private,
            _ => &region.endpoint,
        };
        S3::new(
            &self.connections,
            endpoint,
            &region.region,
            self.keys(principal),
            patience,
        )
    }

    /// S3 through the door of each region.
    pub fn clients(&self, principal: Principal, patience: Patience) -> Clients {
        let keys = self.keys(principal);
        let at = |region: &RegionEndpoint| {
            let s3 = S3::new(
                &self.connections,
                &region.endpoint,
                &region.region,
                keys,
                patience,
            );
            (region.label.clone(), s3)
        };
        Clients::new(self.regions.iter().map(at).collect())
    }

    /// The REST APIs of each region through that region's own door.
    pub fn rest(&self, principal: Principal, patience: Patience) -> RestClients {
        let keys = self.keys(principal);
        let at = |region: &RegionEndpoint| {
            let rest = Rest::new(&region.endpoint, &region.region, keys, patience);
            (region.label.clone(), rest)
        };
        RestClients::new(self.regions.iter().map(at).collect())
    }

    /// The REST APIs of each region through the audit's own door, which no outage closes.
    pub fn audit_rest(&self, patience: Patience) -> RestClients {
        let keys = self.keys(Principal::Audit);
        let at = |region: &RegionEndpoint| {
            let rest = Rest::new(&self.private, &region.region, keys, patience);
            (region.label.clone(), rest)
        };
        RestClients::new(self.regions.iter().map(at).collect())
    }

    /// The first region whose door is open: whoever can choose goes through that. The first of all where none is.
    pub fn open_door(&self) -> &RegionEndpoint {
        let open = |region: &&RegionEndpoint| self.gateway.door(&region.region).is_open();
        self.regions.iter().find(open).unwrap_or(&self.regions[0])
    }

    /// The gateway, for faults on requests and for keys of their own.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Lambda, for probes, faults and their witnesses.
    pub fn lambda(&self) -> &Arc<Lambda> {
        &self.lambda
    }

    /// Where things are.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The S3 behind the gateway, for faults and their witnesses.
    pub fn backend(&self) -> &Backend {
        &self.place.s3
    }

    /// The container of a region, by AWS's name of it, where regions are containers.
    pub(crate) fn container(&self, region: &str) -> Option<&Arc<LocalStack>> {
        self.place.container(region)
    }

    /// Resolves when a container or an endpoint ends though nobody asked it to: with which, and how. Never for the
    /// embedded cloud.
    pub async fn died(&self) -> String {
        self.place.died().await
    }

    /// Who makes the copies.
    pub fn replicator(&self) -> &Arc<Replicator> {
        &self.replicator
    }

    /// The brokers, in the order of the regions, those that have not been started included; none without message
    /// routing.
    pub fn brokers(&self) -> impl Iterator<Item = (&str, &Site)> {
        self.brokers.all()
    }

    /// The broker of the region of this label, whether it runs or not.
    pub fn broker(&self, label: &str) -> Option<&Site> {
        self.brokers.of(label)
    }

    /// Ends the doors, the replicator and the functions, and leaves other endpoints as they were found. The brokers are
    /// stopped on their own, since their rules still upload. What could not be removed, in words.
    pub async fn shutdown(&self) -> Vec<String> {
        self.lambda.shutdown().await;
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while tasks.join_next().await.is_some() {}
        self.place.leave().await
    }
}

/// What `work` comes to, or an error as soon as it is halted.
async fn unless_halted<T>(
    halt: &CancellationToken,
    work: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    let done = halt.run_until_cancelled(work).await;
    done.unwrap_or_else(|| Err(CloudError::new("finish", "it was interrupted")))
}

fn listen(address: SocketAddr, what: &str) -> Result<(TcpListener, String), CloudError> {
    let cannot = |why: std::io::Error| CloudError::new(format!("listen on {address} {what}"), why);
    let listener = TcpListener::bind(address).map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    Ok((listener, format!("http://{bound}")))
}

fn gateway(
    options: &CloudOptions<'_>,
    s3: &Backend,
    lambda: &Arc<Lambda>,
    brokers: &Arc<brokers::Brokers>,
    keys: &RunKeys,
    routes: Vec<Forward>,
) -> Arc<Gateway> {
    let key = |(principal, pair): &(Principal, KeyPair)| {
        AccessKey::new(&pair.access_key, &pair.secret_key, *principal)
    };
    let options = GatewayOptions {
        s3: s3.clone(),
        services: vec![
            Arc::new(Sts),
            lambda.clone(),
            Arc::new(IotData::new(brokers.clone())),
        ],
        clock: options.clock.clone(),
        keys: keys.pairs().map(key).collect(),
        anonymous: options.scenario.cloud.anonymous,
        connections: CONNECTIONS,
    };
    Gateway::forwarding(options, routes)
}

/// Who makes the copies. A bucket's replica is described as well: after a failover its writes go the other way, with the
/// same lag.
fn replicator(options: &CloudOptions<'_>) -> Arc<Replicator> {
    let buckets = options.scenario.cloud.buckets.iter();
    let sources = buckets.filter_map(|bucket| Some((bucket, bucket.replicate.as_ref()?)));
    let sources = sources.flat_map(|(bucket, replicate)| {
        let source = |label: String| Source {
            label,
            lag: replicate.lag,
        };
        let reverse = format!("{}/{}", bucket.label, replicate.to);
        [
            (bucket.name.clone(), source(bucket.label.clone())),
            (replicate.name.clone(), source(reverse)),
        ]
    });
    Replicator::new(ReplicatorOptions {
        seed: options.plan.seed,
        clock: options.clock.clone(),
        sources: sources.collect(),
        on_event: options.on_replication.clone(),
    })
}
