//! The Lambda of all regions, as the rest of the cloud and the drill's faults see it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use drill::units::DrillTime;
use parking_lot::RwLock;
use runtime::clock::Phase;

use super::code_urls::CodeUrls;
use super::error::LambdaError;
use super::exec::Pool;
use super::fault::{FaultSpec, Faults, LambdaGuard};
use super::ids::Uuids;
use super::options::{LambdaEvent, LambdaEventKind, LambdaOptions};
use super::package::Disk;
use super::provisioning::PROVISIONING;
use super::queue::AsyncCounts;
use super::region::{LambdaOutageGuard, Region, S3Endpoint};

/// The Lambda of all regions.
pub struct Lambda {
    pub(crate) options: LambdaOptions,
    pub(crate) pool: Arc<Pool>,
    pub(crate) faults: Faults,
    pub(crate) requests: Uuids,
    pub(crate) revisions: Uuids,
    pub(crate) code_urls: CodeUrls,
    pub(crate) disk: Disk,
    /// What functions may connect to.
    pub(crate) reachable: RwLock<Vec<SocketAddr>>,
    regions: BTreeMap<Arc<str>, Arc<Region>>,
    next_id: AtomicU64,
    me: Weak<Lambda>,
}

impl Lambda {
    /// A Lambda without functions. [`Lambda::run`] is to be run beside it.
    pub fn new(options: LambdaOptions) -> Arc<Lambda> {
        let regions = options.regions.iter().map(|name| Region::new(name));
        let regions = regions.map(|region| (region.name.clone(), region)).collect();
        Arc::new_cyclic(|me| Lambda {
            pool: Pool::new(options.clone()),
            faults: Faults::new(options.seed),
            requests: Uuids::new(options.seed, "lambda/request"),
            revisions: Uuids::new(options.seed, "lambda/revision"),
            code_urls: CodeUrls::new(),
            disk: Disk::default(),
            reachable: RwLock::default(),
            regions,
            next_id: AtomicU64::new(0),
            me: me.clone(),
            options,
        })
    }

    /// Tells how a region is reached; before that its functions have no endpoint and no S3.
    ///
    /// # Errors
    /// There is no such region.
    pub fn connect(&self, region: &str, s3: S3Endpoint) -> Result<(), LambdaError> {
        let region = self.region(region)?;
        if let Some(address) = s3
            .endpoint
            .strip_prefix("http://")
            .and_then(|address| address.parse().ok())
        {
            self.allow(address);
        }
        *region.s3.write() = Some(s3);
        Ok(())
    }

    /// Lets functions of users connect to an endpoint of the drill; listeners of regions are allowed already.
    pub fn allow(&self, endpoint: SocketAddr) {
        let mut reachable = self.reachable.write();
        if !reachable.contains(&endpoint) {
            reachable.push(endpoint);
        }
    }

    /// Where the code of functions is downloaded from; the URLs that `GetFunction` gives lead there.
    ///
    /// # Errors
    /// There is no port to be had.
    pub fn code_address(&self) -> std::io::Result<SocketAddr> {
        self.code_urls.address()
    }

    /// Ends environments that were idle for too long, until it is dropped.
    pub async fn run(self: Arc<Self>) {
        self.pool.sweep().await;
    }

    /// Ends every environment, and takes no more invocations. Events that are still queued stay counted.
    pub async fn shutdown(&self) {
        self.pool.shutdown().await;
    }

    /// Kills all environments of a region, and tells how many. Invocations that run there fail.
    pub fn kill_environments(&self, region: &str) -> usize {
        self.pool.kill_region(region)
    }

    /// Nothing runs in a region until the guard is dropped: environments are killed, invocations fail, and
    /// queued events stay where they are.
    ///
    /// # Errors
    /// There is no such region.
    pub fn start_outage(&self, region: &str) -> Result<LambdaOutageGuard, LambdaError> {
        let outage = self.region(region)?.start_outage();
        self.pool.kill_region(region);
        Ok(outage)
    }

    /// Where the asynchronous events of a region are.
    ///
    /// # Errors
    /// There is no such region.
    pub fn counts(&self, region: &str) -> Result<AsyncCounts, LambdaError> {
        Ok(self.region(region)?.queue.lock().clone())
    }

    /// How many execution environments there are, idle ones included.
    pub fn environments(&self) -> usize {
        self.pool.environments()
    }

    pub(crate) fn region(&self, name: &str) -> Result<&Arc<Region>, LambdaError> {
        let found = self.regions.get(name);
        found.ok_or_else(|| LambdaError::invalid(format!("this cloud has no region '{name}'")))
    }

    /// A handle for tasks of its own.
    pub(crate) fn handle(&self) -> Arc<Lambda> {
        self.me.upgrade().expect("the caller of a method holds it")
    }

    /// When what begins now is provisioned. What is made before drill 0 stands at drill 0.
    pub(crate) fn provisioned(&self) -> DrillTime {
        let now = self.options.clock.now();
        match self.options.clock.phase() {
            Phase::Running => now + PROVISIONING,
            _ => now,
        }
    }

    pub(crate) fn now(&self) -> DrillTime {
        self.options.clock.now()
    }

    /// Puts a fault on invocations, until the guard is dropped.
    pub fn fault(&self, spec: FaultSpec) -> LambdaGuard {
        self.faults.add(spec)
    }

    /// A number that was never given before.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn now_us(&self) -> i64 {
        self.options.clock.calendar_us()
    }

    pub(crate) fn report(&self, region: &Arc<str>, function: &Arc<str>, kind: LambdaEventKind) {
        (self.options.on_event)(LambdaEvent {
            region: region.clone(),
            function: function.clone(),
            at: self.options.clock.now(),
            kind,
        });
    }
}
