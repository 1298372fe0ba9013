//! `s3.delete_objects`: deletes, purges or overwrites part of a bucket.

use super::at_home::{PURGED, at_home};
use crate::scenario::Scenario;
use crate::scenario::decode::{Choice, Documentation, Fields, Name, Table, Text, written};
use crate::scenario::faults::{Effect, FaultSpec, Impact, TargetSelector};
use crate::services::s3::BUCKETS;
use crate::units::Fraction;

/// Objects of a bucket are gone, or are not what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3DeleteObjects {
    /// The label of the bucket.
    pub bucket: String,
    /// How many of the objects that are current then.
    pub fraction: Fraction,
    /// In which way they go.
    pub mode: DeleteMode,
    /// Only keys that begin so.
    pub prefix: Option<String>,
}

impl S3DeleteObjects {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.delete_objects";
}

impl Table for S3DeleteObjects {
    const DOC: &'static str = "Part of a bucket's objects is deleted, purged or overwritten.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The plan draws the keys from the objects that are current when the fault is injected. \
            With `marker` a versioned bucket keeps the older versions, so that they can be \
            restored (in a bucket without versions the object is gone); with `purge` every version \
            is removed; with `overwrite` other bytes become the current version, as ransomware \
            does. Each deleted or overwritten write is dated and attributed to this fault. Delete \
            markers reach the replica only if the bucket's `replicate` says `delete_markers: \
            true`; purges never do.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
faults:
  - {at: 35m, do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let fraction = f.required(
            "fraction",
            "The share of the objects that are current then.",
            written(),
        );
        let mode = f.required(
            "mode",
            "How they are destroyed: marker (versions stay), purge (no version stays) or overwrite.",
            modes(),
        );
        let prefix = f.optional("prefix", "Key prefix filter.", Text);
        Some(S3DeleteObjects {
            bucket: bucket?,
            fraction: fraction?,
            mode: mode?,
            prefix,
        })
    }
}

impl FaultSpec for S3DeleteObjects {
    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        let effect = match self.mode {
            DeleteMode::Marker | DeleteMode::Purge => Effect::DeletesObjects,
            DeleteMode::Overwrite => Effect::DamagesObjects,
        };
        at_home(scenario, &self.bucket, effect)
    }

    fn target_selector(&self) -> Option<TargetSelector<'_>> {
        Some(TargetSelector {
            store: &self.bucket,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            fraction: self.fraction,
        })
    }

    fn unseen_because(&self, _: bool) -> Option<&'static str> {
        match self.mode {
            DeleteMode::Marker => None,
            DeleteMode::Overwrite => {
                Some("bytes that were put in an object's place match the checksum that was put with them")
            }
            DeleteMode::Purge => Some(PURGED),
        }
    }
}

fn modes() -> Choice<'static, DeleteMode> {
    Choice::new([
        ("marker", DeleteMode::Marker),
        ("purge", DeleteMode::Purge),
        ("overwrite", DeleteMode::Overwrite),
    ])
}

/// How objects are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteMode {
    /// A delete as any client sends it: a marker hides the object, its versions stay (in a bucket
    /// without versions the object is gone).
    Marker,
    /// Every version of the key is removed, which leaves nothing to undelete.
    Purge,
    /// Other bytes are written under the same key, as ransomware does.
    Overwrite,
}
