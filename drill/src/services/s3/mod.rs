//! S3: buckets, what can be done with them, and what breaks them.

pub mod actions;
mod bucket;
mod checks;
pub mod faults;
pub mod probes;
mod tables;
mod writers;

use super::{KeyedStore, Operations, Service, StoreOperations};
use crate::resource::ResourceId;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::Checks;
use crate::scenario::chosen::{Section, place};
use crate::scenario::decode::{Fields, MapOf, Variant};
use crate::scenario::faults::FaultSpec;
use crate::scenario::limits::ITEMS;
use crate::scenario::probes::ProbeSpec;
use crate::scenario::registry::Entry;
use crate::scenario::{Cloud, Platform, Writes};

pub use bucket::{BUCKET, Bucket, Location, bucket};
pub(crate) use bucket::{BUCKETS, Buckets};

/// The service.
pub(crate) struct S3;

impl Service for S3 {
    fn name(&self) -> &'static str {
        BUCKET.service
    }

    fn stores<'a>(&self, cloud: &'a Cloud) -> Vec<KeyedStore<'a>> {
        let store = |bucket: &'a Bucket| KeyedStore {
            kind: BUCKET,
            value: "object",
            operations: StoreOperations {
                list: "ListObjectsV2",
                put: "PutObject",
                copy: "CopyObject",
                delete: "DeleteObject",
            },
            label: &bucket.label,
            home: &bucket.region,
            versioned: bucket.versioned,
            inventory: bucket.objects.as_ref(),
            stands_for: bucket.stands_for,
            replicate: bucket.replicate.as_ref(),
            copied_to: bucket.replicate.as_ref().map(|replicate| replicate.to.as_str()),
            line: bucket.line,
        };
        cloud.buckets().iter().map(store).collect()
    }

    fn resources<'a>(&self, cloud: &'a Cloud, region: &'a str) -> Vec<ResourceId<'a>> {
        let buckets = cloud.buckets().iter();
        buckets.map(|one| bucket(&one.label, region)).collect()
    }

    fn regions_of<'a>(&self, cloud: &'a Cloud, name: &str) -> Vec<&'a str> {
        let Some(bucket) = cloud.buckets().iter().find(|bucket| bucket.label == name) else {
            return Vec::new();
        };
        let replica = bucket.replicate.iter().map(|replicate| replicate.to.as_str());
        std::iter::once(bucket.region.as_str()).chain(replica).collect()
    }

    fn name_at_aws(&self, cloud: &Cloud, resource: ResourceId<'_>) -> Option<String> {
        let mut buckets = cloud.buckets().iter();
        let bucket = buckets.find(|bucket| bucket.label == resource.name)?;
        Some(bucket.name_in(resource.region))
    }

    fn operations(&self) -> Operations {
        Operations {
            needed: None,
            writes: &[
                "PutObject",
                "DeleteObject",
                "DeleteObjects",
                "CopyObject",
                "CreateMultipartUpload",
                "UploadPart",
                "CompleteMultipartUpload",
            ],
        }
    }

    fn example(&self) -> &'static str {
        r"
  buckets:
    programs:
      name: factory-programs
      versioned: true
      objects: {count: 500, size: 4KiB..64KiB, history: 8d}
      stands_for: {objects: 20000, bytes: 2GB}
      replicate: {to: backup, lag: {p50: 20s, p99: 10m}}
    telemetry: {name: factory-telemetry, versioned: true}
    failed-batches: {name: factory-failed-batches}"
    }

    fn declare(&self, f: &mut Fields<'_, '_>) -> Option<Section> {
        let buckets = f.or_empty("buckets", "Buckets by label.", MapOf::new(BUCKETS, ITEMS));
        Some(Section::new(Buckets(buckets)))
    }

    fn check(&self, checks: &mut Checks<'_, '_, '_>, _: Option<Platform>) {
        checks::check(checks);
    }

    fn actions(&self) -> &'static [Entry<place::Action, dyn ActionSpec>] {
        actions::ACTIONS
    }

    fn faults(&self) -> &'static [Entry<place::Fault, dyn FaultSpec>] {
        faults::FAULTS
    }

    fn probes(&self) -> &'static [Entry<place::Probe, dyn ProbeSpec>] {
        probes::PROBES
    }

    fn writers(&self) -> &'static [Variant<Writes>] {
        writers::WRITERS
    }
}
