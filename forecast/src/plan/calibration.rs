//! Calibration by recorded drills: how long the work of a plan's steps took, its outcome, and what it changed.

use std::collections::BTreeMap;

use drill::units::Span;

/// Steps as recorded drills show them, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calibration {
    /// The recorded drills, by the names of their folders.
    pub drills: Vec<String>,
    /// What each step did in them; a step that did not begin has nothing.
    pub steps: BTreeMap<String, Vec<PastStep>>,
}

/// One step in one recorded drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastStep {
    /// From its beginning to its end, less its modelled duration in the scenario.
    pub work: Span,
    /// Whether it failed.
    pub failed: bool,
    /// What it changed.
    pub changes: Vec<PastChange>,
}

/// What a step changed in a recorded drill. Buckets, functions and regions stand by their labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PastChange {
    /// So many objects of a store had their bodies written, or their delete markers removed.
    Bodies {
        /// The bucket.
        bucket: String,
        /// The region of its store.
        region: String,
        /// How many.
        objects: u64,
        /// How many of the bucket were left to be restored: by later steps, or not at all.
        left: u64,
    },
    /// So many objects of a store were deleted.
    Deleted {
        /// The bucket.
        bucket: String,
        /// The region of its store.
        region: String,
        /// How many.
        objects: u64,
    },
    /// A bucket was made.
    Bucket {
        /// The bucket.
        bucket: String,
        /// Its region.
        region: String,
    },
    /// A function was made or put in order.
    Function {
        /// The function.
        function: String,
        /// Its region.
        region: String,
    },
    /// A broker was started.
    Broker {
        /// Its region.
        region: String,
    },
}
