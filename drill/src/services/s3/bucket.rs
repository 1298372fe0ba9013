//! Buckets: each a keyed store at home and, if it is replicated, another in the replica's region.

use crate::resource::{ResourceClass, ResourceId, ResourceKind};
use crate::scenario::chosen::Choosable;
use crate::scenario::decode::NameKind;
use crate::scenario::{Cloud, Inventory, Replicate, Scenario, StandsFor, StoreLocation};

/// A logical bucket's store in one region.
pub const BUCKET: ResourceKind = ResourceKind {
    class: ResourceClass::KeyedStore,
    service: "s3",
    noun: "bucket",
};

/// The store of the bucket labelled `label` in the region labelled `region`.
pub fn bucket<'a>(label: &'a str, region: &'a str) -> ResourceId<'a> {
    ResourceId {
        kind: BUCKET,
        name: label,
        region,
    }
}

/// Labels of buckets.
pub(crate) const BUCKETS: NameKind = NameKind::of_data("bucket");

/// The buckets, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buckets(pub(crate) Vec<Bucket>);

impl Choosable for Buckets {
    fn name(&self) -> &'static str {
        "buckets"
    }
}

/// One logical bucket: its store at home, and a replica if it is replicated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// What the scenario calls it.
    pub label: String,
    /// Its global name.
    pub name: String,
    /// The label of its home region.
    pub region: String,
    /// Whether it keeps versions; default no.
    pub versioned: bool,
    /// What it holds at drill 0.
    pub objects: Option<Inventory>,
    /// What the real one holds, to which measured work is scaled.
    pub stands_for: Option<StandsFor>,
    /// Its replication.
    pub replicate: Option<Replicate>,
    /// Where it stands in the file.
    pub line: u32,
}

impl Bucket {
    /// The name of its store in the region labelled `label`: its own at home, its replica's where it is
    /// replicated to, and elsewhere that which a replica would have by default.
    pub fn name_in(&self, label: &str) -> String {
        match &self.replicate {
            _ if label == self.region => self.name.clone(),
            Some(replicate) if replicate.to == label => replicate.name.clone(),
            _ => format!("{}-{label}", self.name),
        }
    }
}

impl Cloud {
    /// The buckets, in the order of the file.
    pub fn buckets(&self) -> &[Bucket] {
        self.section::<Buckets>().map_or(&[], |buckets| &buckets.0)
    }
}

impl Scenario {
    /// The bucket labelled `label`.
    pub fn bucket(&self, label: &str) -> Option<&Bucket> {
        self.cloud.buckets().iter().find(|bucket| bucket.label == label)
    }
}

/// A logical bucket's store in one region; its name is [`Bucket::name_in`] that region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The label of the bucket.
    pub bucket: String,
    /// The label of the region; default the bucket's home.
    pub region: String,
}

impl Location {
    /// The store.
    pub fn as_store(&self) -> StoreLocation<'_> {
        StoreLocation {
            store: &self.bucket,
            region: &self.region,
        }
    }

    /// What does not say where is at the bucket's home.
    pub(crate) fn fill(&mut self, scenario: &Scenario) {
        if self.region.is_empty()
            && let Some(bucket) = scenario.bucket(&self.bucket)
        {
            self.region.clone_from(&bucket.region);
        }
    }
}
