//! What a step can do with buckets: a file each, and a line here.

mod places;

use crate::scenario::actions::ActionSpec;

registry! {
    /// The actions of S3.
    const ACTIONS: Action as ActionSpec {
        put_versioning::S3PutVersioning,
        put_replication::S3PutReplication,
        audit::S3Audit,
        restore_versions::S3RestoreVersions,
        restore_objects::S3RestoreObjects,
        sync::S3Sync,
        create_bucket::S3CreateBucket,
        verify_integrity::S3VerifyIntegrity,
        replication_reverse::ReplicationReverse,
        replication_drain::ReplicationDrain,
    }
}

pub use audit::AuditDepth;
pub use put_replication::ReplicationStatus;
pub use put_versioning::VersioningStatus;
