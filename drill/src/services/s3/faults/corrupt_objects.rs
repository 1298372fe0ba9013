//! `s3.corrupt_objects`: bytes rot beneath the API, under the same size, date and ETag.

use super::at_home::at_home;
use crate::scenario::Scenario;
use crate::scenario::decode::{Choice, Documentation, Fields, Name, Table, Text, written};
use crate::scenario::faults::{Effect, FaultSpec, Impact, TargetSelector};
use crate::services::s3::BUCKETS;
use crate::units::Fraction;

/// Objects of a bucket hold other bytes than were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3CorruptObjects {
    /// The label of the bucket.
    pub bucket: String,
    /// How many of the objects that are current then.
    pub fraction: Fraction,
    /// Where the damage is done.
    pub via: CorruptVia,
    /// Only keys that begin so.
    pub prefix: Option<String>,
}

impl S3CorruptObjects {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.corrupt_objects";
}

impl Table for S3CorruptObjects {
    const DOC: &'static str =
        "Bytes of part of a bucket's objects change under the same size, date and ETag.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The damage is done in storage, below the API: size, date and ETag stay as they were, \
            so that a tool that compares these (`aws s3 sync`) does not see it. Replication does \
            not copy it. `s3.audit` with `depth: bodies` finds it by the stored checksums.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
faults:
  - {at: 35m, do: s3.corrupt_objects, bucket: programs, fraction: 0.05}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let fraction = f.required(
            "fraction",
            "The share of the objects that are current then.",
            written(),
        );
        let via = f.or(
            "via",
            "Where the damage is done.",
            Choice::new([("storage", CorruptVia::Storage)]),
            "storage",
        );
        let prefix = f.optional("prefix", "Key prefix filter.", Text);
        Some(S3CorruptObjects {
            bucket: bucket?,
            fraction: fraction?,
            via,
            prefix,
        })
    }
}

impl FaultSpec for S3CorruptObjects {
    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        at_home(scenario, &self.bucket, Effect::DamagesObjects)
    }

    fn target_selector(&self) -> Option<TargetSelector<'_>> {
        Some(TargetSelector {
            store: &self.bucket,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            fraction: self.fraction,
        })
    }

    fn unseen_because(&self, reads_values: bool) -> Option<&'static str> {
        (!reads_values).then_some("a listing reads no bytes (`depth: bodies` does)")
    }
}

/// Where the damage is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorruptVia {
    /// In the store itself: size, date and ETag stay as they were.
    Storage,
}
