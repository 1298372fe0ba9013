//! How far copies have come, and what went wrong with them.

use drill::units::DrillTime;

/// A copy could not be made, and never will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationEvent {
    /// When it was found out.
    pub at: DrillTime,
    /// The source bucket's label.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// Why: `ChecksumMismatch`, or S3's error code.
    pub reason: String,
}

/// A write whose copy has not been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncopied {
    /// The object's key.
    pub key: String,
    /// When the write was acknowledged.
    pub acknowledged: DrillTime,
    /// When its copy is, or was, due.
    pub due: DrillTime,
}

/// How far the replication of one bucket has come. A write with several destinations counts once for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Copies that are still to be made; a version removed meanwhile counts until its copy is due.
    pub pending: u64,
    /// Copies that were made, or were there already.
    pub copied: u64,
    /// Copies that were not made since a newer version was there, which they would have hidden. Only in front of other
    /// endpoints: the embedded S3 puts them behind the newer one.
    pub superseded: u64,
    /// Copies that could not be made.
    pub failed: u64,
    /// Copies that were given up: replication was ended, or the version was gone when its copy was due.
    pub given_up: u64,
    /// Whether copies are held back.
    pub paused: bool,
}
