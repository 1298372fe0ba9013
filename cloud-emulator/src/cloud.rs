//! The cloud of a scenario, stood up as its `cloud:` section declares it.
//!
//! ```text
//!   scenario ──► buckets, versioning ──► inventory (dated back, replicas in place) ──► gateways
//!                                                    replication, put through the gateway ◄──┘
//!                                                                    broker with rules ◄──┘
//! ```
//!
//! Everything listens on loopback. The cloud answers when [`Cloud::start`] returns, and ends with
//! [`Cloud::shutdown`].

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use drill::journal::{RegionEndpoint, StepError};
use drill::plan::Plan;
use drill::scenario::{Bucket, Rule, Scenario};
use drill::units::ByteSize;
use parking_lot::Mutex;
use runtime::{Clock, Supervisor};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::{Connections, KeyPair, Patience, S3, ask};
use crate::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use crate::iot::{Broker, BrokerConfig, Program, RuleConfig, Trouble};
use crate::replication::{ReplicationEvent, Replicator, ReplicatorOptions, Source};
use crate::s3::{Replication, Seed, Store, StoreOptions};

/// The embedded S3 holds at most this much, of all regions together.
const MEMORY: ByteSize = ByteSize(4 << 30);

/// The largest object of one request, as S3 has it (5 GiB), within what memory allows.
const LARGEST_BODY: ByteSize = ByteSize(1 << 30);

/// MQTT sessions beside those of the devices: canaries, people who look on.
const SPARE_SESSIONS: u32 = 64;

/// Connections that the gateways hold at once.
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

/// Where a cloud listens: the gateway of each region in turn, then the broker, on `port` and those after
/// it. Without a port the system chooses free ones (0).
pub fn addresses(scenario: &Scenario, port: Option<u16>) -> Vec<SocketAddr> {
    let count = scenario.cloud.regions.len() + 1;
    let nth = |n: usize| {
        port.map_or(0, |port| {
            port.saturating_add(u16::try_from(n).unwrap_or(u16::MAX))
        })
    };
    (0..count)
        .map(|n| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), nth(n)))
        .collect()
}

/// What a cloud is stood up with.
pub struct CloudOptions<'a> {
    /// What it declares.
    pub scenario: &'a Scenario,
    /// What its buckets hold.
    pub plan: &'a Plan,
    /// Drill time, which is frozen until the cloud answers.
    pub clock: &'a Clock,
    /// The port of the first region's gateway (see [`addresses`]); free ones without it.
    pub port: Option<u16>,
    /// Starts the broker's process.
    pub supervisor: &'a Supervisor,
    /// What that process runs.
    pub program: &'a Program,
    /// Where it leaves its marks.
    pub marks: PathBuf,
    /// Is told of copies that can never be made.
    pub on_replication: Arc<dyn Fn(ReplicationEvent) + Send + Sync>,
    /// Is told what goes wrong with the broker's rules.
    pub on_trouble: Arc<dyn Fn(Trouble) + Send + Sync>,
}

/// A cloud that answers.
pub struct Cloud {
    store: Arc<Store>,
    replicator: Arc<Replicator>,
    regions: Vec<RegionEndpoint>,
    keys: Vec<(Principal, KeyPair)>,
    connections: Connections,
    broker: Option<Broker>,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl Cloud {
    /// Stands up what the scenario declares.
    ///
    /// # Errors
    /// A port that is in use, memory that does not suffice, a declaration that S3 refuses.
    pub async fn start(options: CloudOptions<'_>) -> Result<Cloud, CloudError> {
        let (replicator, store) = state(&options);
        for bucket in &options.scenario.cloud.buckets {
            create(&store, options.scenario, bucket).map_err(|why| declared(bucket, why))?;
            fill(&store, &options, bucket).map_err(|why| declared(bucket, why))?;
        }
        let mut cloud = Cloud {
            store,
            replicator,
            regions: Vec::new(),
            keys: Principal::ALL
                .map(|principal| (principal, key_pair(principal, options.plan.seed)))
                .to_vec(),
            connections: Connections::new(),
            broker: None,
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
        };
        cloud.open_gateways(&options)?;
        let copies = cloud.replicator.clone().run(cloud.store.clone());
        cloud.tasks.lock().spawn(until(cloud.stop.clone(), copies));
        let operator = cloud.s3(Principal::User, Patience::STANDARD);
        for bucket in &options.scenario.cloud.buckets {
            replicate(&operator, bucket)
                .await
                .map_err(|why| declared(bucket, why.message))?;
        }
        cloud.start_broker(&options).await?;
        Ok(cloud)
    }

    /// The primary region's broker, where the scenario has message routing or devices.
    async fn start_broker(&mut self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        let scenario = options.scenario;
        let Some(iot) = &scenario.cloud.iot else {
            return Ok(());
        };
        let devices = scenario.fleet.as_ref().map_or(0, |fleet| fleet.devices);
        let rule = |rule: &Rule| RuleConfig {
            name: rule.name.clone(),
            topic: rule.topic.clone(),
            bucket: scenario
                .bucket(&rule.bucket)
                .map(|bucket| bucket.name.clone())
                .unwrap_or_default(),
            batch_max: rule.batch_max,
            batch_window: rule.batch_window,
            buffer_bytes: RuleConfig::BUFFER_BYTES,
        };
        let region = &self.regions[0];
        let config = BrokerConfig {
            listen: addresses(scenario, options.port)[scenario.cloud.regions.len()],
            connects_per_second: iot.connects_per_second,
            max_connections: devices + SPARE_SESSIONS,
            marks: options.marks.clone(),
            endpoint: region.endpoint.clone(),
            region: region.region.clone(),
            keys: self.keys(Principal::Rule).clone(),
            rules: iot.rules.iter().map(rule).collect(),
        };
        let on_trouble = options.on_trouble.clone();
        let trouble = move |trouble| on_trouble(trouble);
        let started = Broker::start(
            options.supervisor,
            options.program,
            options.clock,
            &config,
            trouble,
        );
        let broker = started
            .await
            .map_err(|why| CloudError::new("start the MQTT broker", why))?;
        self.broker = Some(broker);
        Ok(())
    }

    fn open_gateways(&mut self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        let key = |(principal, pair): &(Principal, KeyPair)| {
            AccessKey::new(&pair.access_key, &pair.secret_key, *principal)
        };
        let gateway = Gateway::new(GatewayOptions {
            store: self.store.clone(),
            keys: self.keys.iter().map(key).collect(),
            anonymous: options.scenario.cloud.anonymous,
            connections: CONNECTIONS,
        });
        let addresses = addresses(options.scenario, options.port);
        for (region, address) in options.scenario.cloud.regions.iter().zip(addresses) {
            let doing = || format!("listen on {address} for region {}", region.aws);
            let listener = TcpListener::bind(address).map_err(|why| CloudError::new(doing(), why))?;
            let bound = listener
                .local_addr()
                .map_err(|why| CloudError::new(doing(), why))?;
            self.regions.push(RegionEndpoint {
                label: region.label.clone(),
                region: region.aws.clone(),
                endpoint: format!("http://{bound}"),
            });
            let (gateway, aws, stop) = (gateway.clone(), region.aws.clone(), self.stop.clone());
            self.tasks.lock().spawn(async move {
                if let Err(error) = gateway.serve(&aws, listener, stop).await {
                    tracing::error!(%error, region = aws, "the gateway ended");
                }
            });
        }
        Ok(())
    }

    /// The regions, in the order of the scenario, with the doors to them.
    pub fn regions(&self) -> &[RegionEndpoint] {
        &self.regions
    }

    /// The keys of a principal.
    pub fn keys(&self, principal: Principal) -> &KeyPair {
        let found = self.keys.iter().find(|(of, _)| *of == principal);
        &found.expect("every principal has keys").1
    }

    /// S3 through the first region's door, which leads to the buckets of every region.
    pub fn s3(&self, principal: Principal, patience: Patience) -> S3 {
        let region = &self.regions[0];
        S3::new(
            &self.connections,
            &region.endpoint,
            &region.region,
            self.keys(principal),
            patience,
        )
    }

    /// The store itself, for faults and their witnesses.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Who makes the copies.
    pub fn replicator(&self) -> &Arc<Replicator> {
        &self.replicator
    }

    /// The primary region's broker.
    pub fn broker(&self) -> Option<&Broker> {
        self.broker.as_ref()
    }

    /// Ends the gateways and the replicator. The broker is stopped on its own, since its rules still upload.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while tasks.join_next().await.is_some() {}
    }
}

async fn until(stop: CancellationToken, work: impl Future<Output = ()>) {
    stop.run_until_cancelled(work).await;
}

fn declared(bucket: &Bucket, why: impl std::fmt::Display) -> CloudError {
    CloudError::new(format!("make bucket {}", bucket.name), why)
}

/// The store and the replicator that watches it.
fn state(options: &CloudOptions<'_>) -> (Arc<Replicator>, Arc<Store>) {
    let source = |bucket: &Bucket| {
        let lag = bucket.replicate.as_ref()?.lag;
        Some((
            bucket.name.clone(),
            Source {
                label: bucket.label.clone(),
                lag,
            },
        ))
    };
    let replicator = Replicator::new(ReplicatorOptions {
        seed: options.plan.seed,
        clock: options.clock.clone(),
        sources: options.scenario.cloud.buckets.iter().filter_map(source).collect(),
        on_event: options.on_replication.clone(),
    });
    let clock = options.clock.clone();
    let store = Store::new(StoreOptions {
        regions: options
            .scenario
            .cloud
            .regions
            .iter()
            .map(|region| region.aws.clone())
            .collect(),
        seed: options.plan.seed,
        memory: MEMORY,
        largest_body: LARGEST_BODY,
        calendar: Arc::new(move || clock.calendar_us()),
        observer: Some(replicator.observer()),
    });
    (replicator, store)
}

/// The bucket at home, and its replica.
fn create(store: &Store, scenario: &Scenario, bucket: &Bucket) -> Result<(), String> {
    let region = |label: &str| scenario.cloud.aws_region(label).unwrap_or_default().to_owned();
    let text = |error: crate::s3::StoreError| error.to_string();
    store
        .create_bucket(&bucket.name, &region(&bucket.region), bucket.versioned)
        .map_err(text)?;
    if let Some(replicate) = &bucket.replicate {
        store
            .create_bucket(&replicate.name, &region(&replicate.to), true)
            .map_err(text)?;
    }
    Ok(())
}

/// The inventory, written before drill 0, with its replicas in place.
fn fill(store: &Store, options: &CloudOptions<'_>, bucket: &Bucket) -> Result<(), String> {
    let text = |error: crate::s3::StoreError| error.to_string();
    for object in options.plan.inventory(&bucket.label) {
        let body = options.plan.object_body(&bucket.label, object);
        let seed = Seed {
            key: object.key.clone(),
            sha256: Some(Sha256::digest(&body).into()),
            body: Bytes::from(body),
            modified_us: options.clock.calendar_us_at(object.written_at),
        };
        let version = store.seed(&bucket.name, seed).map_err(text)?;
        if let Some(replicate) = &bucket.replicate {
            let stored = store
                .read(&bucket.name, &object.key, Some(version))
                .map_err(text)?;
            store
                .put_replica(&replicate.name, &object.key, &stored)
                .map_err(text)?;
            let done = Replication::Completed;
            store
                .set_replication_status(&bucket.name, &object.key, version, done)
                .map_err(text)?;
        }
    }
    Ok(())
}

/// The declared replication, put as an operator would.
async fn replicate(operator: &S3, bucket: &Bucket) -> Result<(), StepError> {
    let Some(replicate) = &bucket.replicate else {
        return Ok(());
    };
    let (from, to) = (&bucket.name, &replicate.name);
    ask::put_replication(operator.client(), from, to, true, replicate.delete_markers).await
}

/// Keys that look like AWS's and are good for this run only.
fn key_pair(principal: Principal, seed: u64) -> KeyPair {
    let name = format!("{principal:?}").to_uppercase();
    let draws = drill::draw::Draws::new(seed, &format!("keys/{name}"));
    KeyPair {
        access_key: format!("AKIAFIREDRILL{name:X<7.7}"),
        secret_key: (0..3)
            .map(|n| format!("{:016x}", draws.u64(n)))
            .collect::<String>()[..40]
            .to_owned(),
    }
}
