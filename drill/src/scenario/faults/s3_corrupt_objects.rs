//! `s3.corrupt_objects`: bytes rot beneath the API, under the same size, date and ETag.

use serde::{Deserialize, Serialize};

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

/// Where the damage is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CorruptVia {
    /// In the store itself: size, date and ETag stay as they were.
    Storage,
}
