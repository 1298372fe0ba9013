//! A copy that is to be made.

use std::sync::Arc;

use drill::units::DrillTime;

use super::progress::Uncopied;
use crate::embedded::VersionId;

/// One copy that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The bucket of its source.
    pub bucket: Arc<str>,
    /// The key, in both buckets.
    pub key: Arc<str>,
    /// The version of its source.
    pub version: VersionId,
    /// Whether that is a delete marker.
    pub marker: bool,
    /// When it was written, in microseconds since the Unix epoch.
    pub modified_us: i64,
    /// The bucket that it goes to.
    pub to: Arc<str>,
    pub(super) acknowledged: DrillTime,
    pub(super) due: DrillTime,
    /// It was there before its replication: a batch job copies it.
    pub(super) existing: bool,
    /// Makes its place unique.
    pub(super) number: u64,
}

impl Copy {
    pub(super) fn uncopied(&self) -> Uncopied {
        Uncopied {
            key: self.key.to_string(),
            acknowledged: self.acknowledged,
            due: self.due,
        }
    }
}

/// Why a copy was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationError {
    /// There is nothing to copy any more.
    Gone,
    /// A newer version is there already, which this copy would hide.
    Superseded,
    /// One of its ends is down; when that is back, it can be made.
    Away,
    /// It never can be made: why, as S3's error code.
    Failed(String),
}
