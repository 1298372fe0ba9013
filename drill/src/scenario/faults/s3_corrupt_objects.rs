//! `s3.corrupt_objects`: bytes rot beneath the API, under the same size, date and ETag.

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;
use crate::scenario::decode::{Choice, Fields, Name, Names, Table, Text, written};
use crate::scenario::faults::{Aim, Effect, Hurt, Strike, at_home};
use crate::units::Fraction;

/// Objects of a bucket hold other bytes than were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let fraction = f.required(
            "fraction",
            "How many of the objects that are current then.",
            written(),
        );
        let via = f.or(
            "via",
            "Where the damage is done.",
            Choice::of([("storage", CorruptVia::Storage)]),
            "storage",
        );
        let prefix = f.optional("prefix", "Only keys that begin so.", Text);
        Some(S3CorruptObjects {
            bucket: bucket?,
            fraction: fraction?,
            via,
            prefix,
        })
    }
}

impl Strike for S3CorruptObjects {
    fn hurts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Hurt<'a>> {
        at_home(scenario, &self.bucket, Effect::DamagesObjects)
    }

    fn aim(&self) -> Option<Aim<'_>> {
        Some(Aim {
            bucket: &self.bucket,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            fraction: self.fraction,
        })
    }
}

/// Where the damage is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CorruptVia {
    /// In the store itself: size, date and ETag stay as they were.
    Storage,
}
