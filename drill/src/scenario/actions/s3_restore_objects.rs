//! `s3.restore_objects`: damaged objects are written anew from another store, by content.

use serde::{Deserialize, Serialize};

use crate::scenario::Location;

/// Copies the keys that an audit found from another store, comparing contents, not sizes and dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3RestoreObjects {
    /// The step whose audit lists the keys.
    pub damaged: String,
    /// The label of the bucket that is written, which is the one that was audited.
    pub bucket: String,
    /// Where the sound copies are.
    pub from: Location,
}

impl S3RestoreObjects {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.restore_objects";
}
