//! What a step of the runbook can do: a file each, and a line here.

registry! {
    /// What a step does.
    pub enum StepAction {
        human::Human,
        wait::Wait,
        s3_put_versioning::S3PutVersioning,
        s3_put_replication::S3PutReplication,
        s3_audit::S3Audit,
        s3_restore_versions::S3RestoreVersions,
        s3_restore_objects::S3RestoreObjects,
        s3_sync::S3Sync,
        s3_create_bucket::S3CreateBucket,
        s3_verify_integrity::S3VerifyIntegrity,
    }
}

pub use s3_audit::AuditDepth;
pub use s3_put_replication::ReplicationStatus;
pub use s3_put_versioning::VersioningStatus;
