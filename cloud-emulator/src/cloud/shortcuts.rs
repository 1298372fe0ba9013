//! The services of a cloud that conductors, probes and tests work with, by their names.

use std::sync::Arc;

use cloud_service::EmulatedService;
use drill::journal::StepError;
use drill::scenario::Function;
use service_dns::{DnsResolver, DnsService};
use service_iot::{BrokerHandle, IotService};
use service_lambda::{Lambda, LambdaService};
use service_s3::replication::Replicator;
use service_s3::{S3Service, S3Storage};

use super::cloud::Cloud;

impl Cloud {
    fn registered<S: EmulatedService>(&self) -> &S {
        self.service().expect("the registry has it")
    }

    /// What S3 keeps its objects in, for faults and their verification.
    pub fn storage(&self) -> &S3Storage {
        self.registered::<S3Service>().storage()
    }

    /// Who makes the copies.
    pub fn replicator(&self) -> &Arc<Replicator> {
        self.registered::<S3Service>().replicator()
    }

    /// Lambda, for probes, faults and their verification.
    pub fn lambda(&self) -> &Arc<Lambda> {
        self.registered::<LambdaService>().lambda()
    }

    /// Puts the declared code of a function live in a region; see [`LambdaService::redeploy`].
    ///
    /// # Errors
    /// Its code cannot be read, or Lambda refuses it.
    pub async fn redeploy(&self, function: &Function, label: &str) -> Result<String, StepError> {
        self.registered::<LambdaService>().redeploy(function, label).await
    }

    /// Whether the function of this label is in the region of this label.
    pub fn has_function(&self, region: &str, function: &str) -> bool {
        self.registered::<LambdaService>().has_function(region, function)
    }

    /// Where things are.
    pub fn names(&self) -> &DnsResolver {
        self.registered::<DnsService>().resolver()
    }

    /// The brokers, in the order of the regions, those that have not been started included; none without message
    /// routing.
    pub fn brokers(&self) -> impl Iterator<Item = (&str, &BrokerHandle)> {
        self.registered::<IotService>().brokers().all()
    }

    /// The broker of the region of this label, whether it runs or not.
    pub fn broker(&self, label: &str) -> Option<&BrokerHandle> {
        self.registered::<IotService>().brokers().get(label)
    }
}
