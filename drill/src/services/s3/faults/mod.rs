//! What breaks buckets: a file each, and a line here.

mod at_home;

use crate::scenario::faults::FaultSpec;

registry! {
    /// The faults of S3.
    const FAULTS: Fault as FaultSpec {
        delete_objects::S3DeleteObjects,
        delete_bucket::S3DeleteBucket,
        corrupt_objects::S3CorruptObjects,
        pause_replication::S3PauseReplication,
    }
}

pub use corrupt_objects::CorruptVia;
pub use delete_objects::DeleteMode;
