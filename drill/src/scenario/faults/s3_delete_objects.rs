//! `s3.delete_objects`: somebody deletes, purges or overwrites part of a bucket.

use serde::{Deserialize, Serialize};

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
