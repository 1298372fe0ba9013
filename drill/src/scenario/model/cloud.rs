//! The cloud that a drill stands up.

use serde::{Deserialize, Serialize};

use crate::units::{ByteSize, Span};

/// The label of the region that things are in unless they say otherwise.
pub const PRIMARY: &str = "primary";

/// Regions, buckets and message routing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// The regions in the order of the file; one is labelled [`PRIMARY`].
    pub regions: Vec<Region>,
    /// The buckets in the order of the file.
    pub buckets: Vec<Bucket>,
    /// Whether unsigned requests are let in; default no.
    pub anonymous: bool,
    /// Message routing, if the system has it.
    pub iot: Option<Iot>,
}

impl Cloud {
    /// AWS's name of the region labelled `label`.
    pub fn aws_region(&self, label: &str) -> Option<&str> {
        let region = self.regions.iter().find(|region| region.label == label)?;
        Some(&region.aws)
    }
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// What the scenario calls it.
    pub label: String,
    /// What AWS calls it.
    pub aws: String,
    /// Where it stands in the file.
    pub line: u32,
}

/// One logical bucket: its store at home, and a replica if it is replicated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Objects that are there before the drill begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// How many.
    pub count: u64,
    /// How large each is.
    pub size: SizeRange,
    /// Over what time before drill 0 they were written (and replicated); default 8d.
    pub history: Span,
    /// What their keys begin with; default nothing.
    pub prefix: String,
}

impl Inventory {
    /// The key of its `n`-th object: `<prefix>objects/000017`.
    pub fn key(&self, n: u64) -> String {
        format!("{}objects/{n:06}", self.prefix)
    }
}

/// Sizes, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeRange {
    /// The smallest.
    pub min: ByteSize,
    /// The largest.
    pub max: ByteSize,
}

/// The real inventory that a bucket stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandsFor {
    /// How many objects.
    pub objects: u64,
    /// How many bytes in all.
    pub bytes: ByteSize,
}

/// A bucket's replication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replicate {
    /// The label of the replica's region.
    pub to: String,
    /// The replica's bucket; default `<name>-<region label>`.
    pub name: String,
    /// How long a copy takes.
    pub lag: Lag,
    /// Whether delete markers are copied; default no. Deletions of versions never are.
    pub delete_markers: bool,
}

/// A lag as a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// The median.
    pub p50: Span,
    /// The 99th percentile, at least the median.
    pub p99: Span,
}

/// Message routing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iot {
    /// New connections a second that the edge lets in, per region; default 500.
    pub connects_per_second: u32,
    /// What becomes of messages, in the order of the file.
    pub rules: Vec<Rule>,
}

/// Takes messages of some topics to a bucket, in batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The topic filter, in MQTT's syntax.
    pub topic: String,
    /// The label of the bucket that it writes to.
    pub bucket: String,
    /// A batch is closed at this many messages; default 500.
    pub batch_max: u32,
    /// A batch is closed at this age; default 10s.
    pub batch_window: Span,
    /// Where it stands in the file.
    pub line: u32,
}

/// A logical bucket's store in one region; its name is [`Bucket::name_in`] that region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The label of the bucket.
    pub bucket: String,
    /// The label of the region; default the bucket's home.
    pub region: String,
}
