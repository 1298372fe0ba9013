//! S3 in the registry of services.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_gateway::Principal;
use cloud_service::{CloudError, CloudOptions, EmulatedService, Endpoint, Placement, ReadyCall, ServiceKind};
use drill::units::ByteSize;
use http::Method;

use crate::embedded::{Store, StoreOptions};
use crate::emulated::S3Service;
use crate::remote::{Remote, RemoteOptions};
use crate::replication::{Replicator, ReplicatorOptions, Source};
use crate::settings::S3Settings;
use crate::storage::S3Storage;

/// The embedded S3 holds at most this much, of all regions together.
const MEMORY: ByteSize = ByteSize(4 << 30);

/// The largest object of one request, as S3 has it (5 GiB), within what memory allows.
const LARGEST_BODY: ByteSize = ByteSize(1 << 30);

/// How long an endpoint may take to answer at the start, in wall time.
const REACHED: Duration = Duration::from_secs(30);

static READY: ReadyCall = ReadyCall {
    service: "s3",
    operation: "ListBuckets",
    method: Method::GET,
    path: "/",
    headers: &[],
    body: "",
    is_answer: |body| String::from_utf8_lossy(body).contains("<ListAllMyBucketsResult"),
};

/// S3 in the registry of services.
pub struct S3Kind;

#[async_trait]
impl ServiceKind for S3Kind {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn belongs_to_cloud(&self) -> bool {
        true
    }

    fn ready_call(&self) -> Option<&'static ReadyCall> {
        Some(&READY)
    }

    async fn start(
        &self,
        options: &CloudOptions<'_>,
        place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        let replicator = replicator(options);
        let (storage, theirs) = match place {
            Placement::Here => (embedded(options, &replicator).into(), false),
            Placement::Endpoints {
                endpoints,
                outlive_drill,
            } => (remote(options, &replicator, endpoints).await?, outlive_drill),
        };
        Ok(Arc::new(S3Service::new(
            storage,
            replicator,
            options.scenario,
            theirs,
        )))
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

async fn remote(
    options: &CloudOptions<'_>,
    replicator: &Arc<Replicator>,
    endpoints: Vec<Endpoint>,
) -> Result<S3Storage, CloudError> {
    let remote = Remote::new(RemoteOptions {
        endpoints,
        keys: options.keys.pair(Principal::User).clone(),
        clock: options.clock.clone(),
        seed: options.plan.seed,
        observer: replicator.observer(),
    });
    let answers = remote.answers(REACHED).await;
    answers.map_err(|why| CloudError::new("reach the S3 of --cloud", why))?;
    Ok(remote.into())
}

/// Who makes the copies. A bucket's replica is described as well: after a failover its writes go the other way, with the
/// same lag.
fn replicator(options: &CloudOptions<'_>) -> Arc<Replicator> {
    let buckets = options.scenario.cloud.buckets().iter();
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
    let settings = options.settings.get::<S3Settings>();
    Replicator::new(ReplicatorOptions {
        seed: options.plan.seed,
        clock: options.clock.clone(),
        sources: sources.collect(),
        on_event: settings.map_or_else(
            || Arc::new(|_| {}) as _,
            |settings| settings.on_replication.clone(),
        ),
    })
}
