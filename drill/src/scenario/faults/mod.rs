//! What a fault can do: a file each, and a line here.

registry! {
    /// What breaks.
    pub enum FaultAction {
        s3_delete_objects::S3DeleteObjects,
        s3_delete_bucket::S3DeleteBucket,
        s3_corrupt_objects::S3CorruptObjects,
        s3_pause_replication::S3PauseReplication,
    }
}

pub use s3_corrupt_objects::CorruptVia;
pub use s3_delete_objects::DeleteMode;
