//! S3: buckets, their versions and their copies in another region.

mod audit;
mod buckets;
mod create_bucket;
mod damage;
mod get_object;
mod metrics;
mod protections;
mod put_replication;
mod put_versioning;
mod readiness;
mod replication_drain;
mod replication_reverse;
mod restore_objects;
mod restore_versions;
mod settings;
mod store;
mod sync;
mod verify_integrity;

use async_trait::async_trait;
use cloud_emulator::gateway::RequestInfo;
use cloud_emulator::replication::Late;
use drill::journal::{Event, ReadinessCheck};
use drill::ledger::Changed;
use drill::scenario::Scenario;

use super::service::Service;
use crate::conductor::access::CloudAccess;
use crate::conductor::clients::AuditClients;
use crate::conductor::context::Drill;
use crate::conductor::store::KeyedStoreAccess;
use crate::metrics::counts::JournalCounts;
use crate::metrics::page::Page;

/// The service.
pub(super) struct S3;

#[async_trait]
impl Service for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn stores(&self) -> Option<&'static dyn KeyedStoreAccess> {
        Some(&store::Buckets)
    }

    /// The bucket and the region whose store has this name.
    fn called(&self, scenario: &Scenario, seen: &RequestInfo) -> Option<Changed> {
        let name = seen.resource.as_deref().unwrap_or_default();
        let cloud = &scenario.cloud;
        let labels = cloud.buckets().iter().flat_map(|bucket| {
            let regions = cloud.regions.iter();
            regions.map(move |region| (bucket, &region.label))
        });
        let mut stores = labels.filter(|(bucket, region)| bucket.name_in(region) == name);
        stores.next().map(|(bucket, region)| Changed::Store {
            store: bucket.label.clone(),
            region: region.clone(),
        })
    }

    async fn settings(
        &self,
        auditor: &AuditClients,
        _region: Option<&str>,
        seen: &RequestInfo,
    ) -> Option<String> {
        let name = seen.resource.as_deref()?;
        Some(settings::bucket(auditor.s3(), name).await)
    }

    async fn read_protections(&self, drill: &Drill) {
        protections::read(drill).await;
    }

    async fn readiness(&self, drill: &Drill) -> Vec<ReadinessCheck> {
        readiness::checks(drill).await
    }

    /// Copies that were late, where they were later than any before.
    fn take_events(&self, access: &CloudAccess) -> Vec<Event> {
        let late = access.cloud.replicator().take_late().into_iter();
        late.map(|Late { bucket, due, late }| Event::CopiesLate { bucket, due, late })
            .collect()
    }

    fn metrics(&self, page: &mut Page, drill: &Drill, _: &JournalCounts) {
        metrics::replication(page, &drill.access, drill.host.clock.now());
    }
}
