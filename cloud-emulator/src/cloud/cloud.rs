//! A cloud: its parts, and how they are stood up and ended.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use cloud_backends::Provider;
use cloud_client::rest::RestClients;
use cloud_client::{Clients, KeyPair, RetryPolicy, S3};
use cloud_gateway::{Gateway, Principal};
use cloud_service::{
    Answering, Backend, CloudError, CloudOptions, EmulatedService, Listeners, Machine, ServiceKind,
};
use drill::journal::RegionEndpoint;
use futures::FutureExt;
use futures::future::select_all;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::front::front;
use super::registered::Registered;
use super::registry::SERVICES;
use super::{addresses, placement};

/// A cloud that answers.
pub struct Cloud {
    backend: Box<dyn Backend>,
    /// In the order of the registry.
    services: Vec<Registered>,
    gateway: Arc<Gateway>,
    listeners: Listeners,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl Cloud {
    /// Stands up what the scenario declares, in the AWS of `provider`.
    ///
    /// # Errors
    /// A port that is in use, memory that does not suffice, a declaration that the cloud refuses; and if it is halted.
    /// Nothing is left then.
    pub async fn start(options: CloudOptions<'_>, provider: &Provider) -> Result<Cloud, CloudError> {
        Cloud::start_with(options, provider, SERVICES).await
    }

    /// The same with other services than those of the registry, for tests of what a service can be.
    #[doc(hidden)]
    pub async fn start_with(
        options: CloudOptions<'_>,
        provider: &Provider,
        kinds: &[&'static dyn ServiceKind],
    ) -> Result<Cloud, CloudError> {
        let starting = Cloud::without_content(&options, provider, kinds);
        let mut cloud = options.unless_halted(starting).await?;
        match cloud.provision(&options).await {
            Ok(()) => Ok(cloud),
            Err(error) => {
                for left in cloud.shutdown().await {
                    tracing::warn!(left, "what a cloud left that was not stood up");
                }
                Err(error)
            }
        }
    }

    /// With nothing in it, and no listener to it.
    async fn without_content(
        options: &CloudOptions<'_>,
        provider: &Provider,
        kinds: &[&'static dyn ServiceKind],
    ) -> Result<Cloud, CloudError> {
        let scenario = options.scenario;
        placement::check(&scenario.cloud)?;
        let needed = placement::needed(&scenario.cloud, kinds);
        let backend = provider.stand_up(options, needed).await?;
        let mut services = Vec::new();
        for kind in kinds {
            let place = placement::place(*kind, &scenario.cloud, &*backend);
            services.push(Registered {
                kind: *kind,
                service: kind.start(options, place).await?,
            });
        }
        let gateway = front(options, &services, &*backend);
        Ok(Cloud {
            backend,
            services,
            gateway,
            listeners: Listeners::new(Vec::new(), String::new(), options.keys.clone()),
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
        })
    }

    /// Makes what the scenario declares.
    async fn provision(&mut self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        for registered in &self.services {
            registered.service.prepare(options).await?;
        }
        let kinds: Vec<&dyn ServiceKind> = self.services.iter().map(|one| one.kind).collect();
        let (regions, own) = addresses::split(options.scenario, options.port, &kinds);
        self.open_listeners(options, regions)?;
        for registered in &self.services {
            self.run(registered.service.clone().run());
        }
        let answering = |addresses| Answering {
            options,
            listeners: &self.listeners,
            addresses,
        };
        for (registered, addresses) in self.services.iter().zip(&own) {
            registered.service.connect(answering(addresses))?;
        }
        for (registered, addresses) in self.services.iter().zip(&own) {
            registered.service.provision(answering(addresses)).await?;
        }
        Ok(())
    }

    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.lock().spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    /// A listener for each region, and one for the audit alone.
    fn open_listeners(
        &mut self,
        options: &CloudOptions<'_>,
        addresses: Vec<SocketAddr>,
    ) -> Result<(), CloudError> {
        let mut regions = Vec::new();
        for (region, address) in options.scenario.cloud.regions.iter().zip(addresses) {
            let (listener, endpoint) = listen(address, &format!("for region {}", region.aws))?;
            regions.push(RegionEndpoint {
                label: region.label.clone(),
                region: region.aws.clone(),
                endpoint,
            });
            let (gateway, aws, stop) = (self.gateway.clone(), region.aws.clone(), self.stop.clone());
            self.tasks.lock().spawn(async move {
                if let Err(error) = gateway.serve(&aws, listener, stop).await {
                    tracing::error!(%error, region = aws, "the listener of a region closed");
                }
            });
        }
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let (listener, private) = listen(any, "for the audit")?;
        self.listeners = Listeners::new(regions, private, options.keys.clone());
        let (gateway, stop) = (self.gateway.clone(), self.stop.clone());
        self.tasks.lock().spawn(async move {
            if let Err(error) = gateway.serve_private(listener, stop).await {
                tracing::error!(%error, "the listener of the audit closed");
            }
        });
        Ok(())
    }

    /// The listeners, and clients that go through them.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// The regions, in the order of the scenario, with the listeners to them.
    pub fn regions(&self) -> &[RegionEndpoint] {
        self.listeners.regions()
    }

    /// The region of this label.
    pub fn region(&self, label: &str) -> Option<&RegionEndpoint> {
        self.listeners.region(label)
    }

    /// The keys of a principal.
    pub fn keys(&self, principal: Principal) -> &KeyPair {
        self.listeners.keys(principal)
    }

    /// S3 through the first region's listener; see [`Listeners::s3`].
    pub fn s3(&self, principal: Principal, policy: RetryPolicy) -> S3 {
        self.listeners.s3(principal, policy)
    }

    /// S3 through the listener of each region.
    pub fn clients(&self, principal: Principal, policy: RetryPolicy) -> Clients {
        self.listeners.clients(principal, policy)
    }

    /// The REST APIs of each region through that region's own listener.
    pub fn rest(&self, principal: Principal, policy: RetryPolicy) -> RestClients {
        self.listeners.rest(principal, policy)
    }

    /// The REST APIs of each region through the audit's own listener, which no outage closes.
    pub fn audit_rest(&self, policy: RetryPolicy) -> RestClients {
        self.listeners.audit_rest(policy)
    }

    /// The first region whose listener is open, for callers that can choose. The first of all where none is.
    pub fn open_listener(&self) -> &RegionEndpoint {
        let open = |region: &&RegionEndpoint| self.gateway.listener(&region.region).is_open();
        self.regions().iter().find(open).unwrap_or(&self.regions()[0])
    }

    /// The gateway, for faults on requests and for keys of their own.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// A service by its type.
    pub fn service<S: EmulatedService>(&self) -> Option<&S> {
        self.services.iter().find_map(|registered| {
            let service: &dyn Any = &*registered.service;
            service.downcast_ref()
        })
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Registered> {
        self.services.iter()
    }

    /// What a region runs in, by AWS's name of it, where a fault can take that.
    pub(crate) fn machine(&self, region: &str) -> Option<Arc<dyn Machine>> {
        self.backend.machine(region)
    }

    /// Resolves when a container or an endpoint ends unexpectedly: with which, and how. Never for the
    /// embedded cloud.
    pub async fn died(&self) -> String {
        let services = self.services.iter().map(|one| one.service.died().boxed());
        // The engine tells the end of a container, and not that the LocalStack in one that lives hangs.
        select_all([self.backend.died().boxed()].into_iter().chain(services))
            .await
            .0
    }

    /// Ends the listeners and what services do on their own, and leaves other endpoints as they were found. The brokers are
    /// stopped on their own, since their rules still upload. What could not be removed, in words.
    pub async fn shutdown(&self) -> Vec<String> {
        for registered in &self.services {
            registered.service.shutdown().await;
        }
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while tasks.join_next().await.is_some() {}
        let mut left = Vec::new();
        for registered in &self.services {
            left.extend(registered.service.leave().await);
        }
        left.extend(self.backend.remove().await);
        left
    }
}

fn listen(address: SocketAddr, what: &str) -> Result<(TcpListener, String), CloudError> {
    let cannot = |why: std::io::Error| CloudError::new(format!("listen on {address} {what}"), why);
    let listener = TcpListener::bind(address).map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    Ok((listener, format!("http://{bound}")))
}
