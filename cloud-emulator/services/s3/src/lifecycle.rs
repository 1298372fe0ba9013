//! S3 as a service of a cloud: its buckets from their declaration to the end, and what an outage means for them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_client::{RetryPolicy, ask};
use cloud_gateway::Principal;
use cloud_service::faults::{FaultContext, FaultEvidence, InjectableFault};
use cloud_service::{Answering, CloudError, CloudOptions, Deployment, EmulatedService, Handler};
use drill::journal::StepError;
use drill::scenario::{FaultAction, RegionOutage};
use drill::units::DrillTime;
use runtime::wall;

use crate::emulated::S3Service;
use crate::{buckets, faults};

/// How long verification waits for an answer, in wall time.
const ANSWER: Duration = Duration::from_millis(750);

#[async_trait]
impl EmulatedService for S3Service {
    fn handler(self: Arc<Self>) -> Option<Handler> {
        Some(Handler::Default(self.s3.clone()))
    }

    async fn prepare(&self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        for bucket in options.scenario.cloud.buckets() {
            // Not cut off: at another endpoint, a bucket without its tag has no known owner and would never be removed.
            let made = buckets::create(&self.storage, options.scenario, bucket).await;
            made.map_err(|why| buckets::declared(bucket, why))?;
            let filled = async {
                let filled = buckets::fill(&self.storage, options, bucket).await;
                filled.map_err(|why| buckets::declared(bucket, why))
            };
            options.unless_halted(filled).await?;
        }
        Ok(())
    }

    async fn run(self: Arc<Self>) {
        self.replicator.clone().run(self.storage.clone()).await;
    }

    async fn provision(&self, cloud: Answering<'_>) -> Result<(), CloudError> {
        let operator = cloud.listeners.s3(Principal::User, RetryPolicy::STANDARD);
        for bucket in self.scenario.cloud.buckets() {
            let put = buckets::replicate(&operator, bucket).await;
            put.map_err(|why| buckets::declared(bucket, why.message))?;
        }
        Ok(())
    }

    async fn deploy(&self, deployment: Deployment<'_>) -> Result<Vec<String>, StepError> {
        let region = deployment.region;
        let mut built = Vec::new();
        for bucket in self.scenario.cloud.buckets() {
            let name = bucket.name_in(&region.label);
            if ask::create_bucket(deployment.s3, &name, &region.region, bucket.versioned).await? {
                built.push(format!("bucket {name}"));
            }
        }
        Ok(built)
    }

    async fn died(&self) -> String {
        self.storage.died().await
    }

    async fn leave(&self) -> Vec<String> {
        if self.theirs {
            self.storage.clean_up().await
        } else {
            Vec::new()
        }
    }

    fn fault<'a>(&'a self, action: &'a FaultAction) -> Option<Box<dyn InjectableFault + 'a>> {
        faults::fault(self, action)
    }

    /// Copies out of the region's stores and into them stop. Nothing but a step lets them go on.
    fn stop_protection(&self, outage: &RegionOutage, context: &FaultContext<'_>) -> Vec<String> {
        let mut unreplicated = Vec::new();
        for bucket in context.scenario.cloud.buckets() {
            let Some(replicate) = &bucket.replicate else {
                continue;
            };
            if bucket.region == outage.region || replicate.to == outage.region {
                for store in [&bucket.name, &replicate.name] {
                    self.replicator.stop(&self.storage, store);
                }
                unreplicated.push(bucket.label.clone());
            }
        }
        unreplicated
    }

    /// A listing with the keys of a user, through the listener of the region and through any other that is open.
    async fn verify_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        let store = context.scenario.cloud.buckets().iter().find_map(|bucket| {
            let name = bucket.name_in(&outage.region);
            self.storage.region_of(&name).map(|_| name)
        })?;
        let clients = context.listeners.clients(Principal::User, RetryPolicy::ONCE);
        let mut silent = true;
        let mut seen = Vec::new();
        for region in context.listeners.regions() {
            let client = clients.at(&region.label).client();
            let asked = wall::timeout(ANSWER, ask::list_after(client, &store, "", "")).await;
            let said = match asked {
                None => "no answer".to_owned(),
                Some(Err(error)) => error.code,
                Some(Ok(_)) => {
                    silent = false;
                    "a listing".to_owned()
                }
            };
            seen.push(format!("{said} through {}", region.region));
        }
        Some(FaultEvidence {
            proven: silent,
            observed: format!("ListObjectsV2 of {store}: {}", seen.join(", ")),
        })
    }

    async fn verify_unprotected(
        &self,
        store: &str,
        since: DrillTime,
        context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        let bucket = self.scenario.bucket(store)?;
        Some(faults::overdue(self, context, bucket, since).await)
    }

    fn set_down(&self, region: &str, down: bool) {
        self.storage.set_down(region, down);
    }

    fn forget(&self, region: &str) {
        self.storage.forget(region);
    }
}
