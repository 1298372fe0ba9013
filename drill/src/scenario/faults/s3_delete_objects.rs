//! `s3.delete_objects`: somebody deletes, purges or overwrites part of a bucket.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Choice, Fields, Name, Names, Table, Text, written};
use crate::scenario::faults::{Aim, Effect, Hurt, Strike, at_home};
use crate::units::Fraction;

/// Objects of a bucket are gone, or are not what they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let fraction = f.required(
            "fraction",
            "How many of the objects that are current then.",
            written(),
        );
        let mode = f.required(
            "mode",
            "How they go: marker (versions stay), purge (no version stays) or overwrite.",
            modes(),
        );
        let prefix = f.optional("prefix", "Only keys that begin so.", Text);
        Some(S3DeleteObjects {
            bucket: bucket?,
            fraction: fraction?,
            mode: mode?,
            prefix,
        })
    }
}

impl Strike for S3DeleteObjects {
    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        let effect = match self.mode {
            DeleteMode::Marker | DeleteMode::Purge => Effect::DeletesObjects,
            DeleteMode::Overwrite => Effect::DamagesObjects,
        };
        at_home(scenario, &self.bucket, effect)
    }

    fn aim(&self) -> Option<Aim<'_>> {
        Some(Aim {
            bucket: &self.bucket,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            fraction: self.fraction,
        })
    }
}

fn modes() -> Choice<'static, DeleteMode> {
    Choice::of([
        ("marker", DeleteMode::Marker),
        ("purge", DeleteMode::Purge),
        ("overwrite", DeleteMode::Overwrite),
    ])
}

/// How objects are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeleteMode {
    /// A delete as any client sends it: a marker hides the object, its versions stay (in a bucket
    /// without versions the object is gone).
    Marker,
    /// Every version of the key is removed, which leaves nothing to undelete.
    Purge,
    /// Other bytes are written under the same key, as ransomware does.
    Overwrite,
}
