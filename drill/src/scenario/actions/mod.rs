//! What a step of the runbook can do: a file each, and a line here.

use crate::scenario::fill::Elsewhere;
use crate::scenario::validate::StepCheck;

registry! {
    /// What a step does.
    pub enum StepAction as Act {
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

impl StepAction {
    /// The label of the bucket whose objects it brings back, if it does.
    pub fn restores(&self) -> Option<&str> {
        self.as_dyn().restores()
    }
}

/// What an action of the runbook says of itself.
pub(crate) trait Act {
    /// Fills in what other parts of the scenario say.
    fn fill(&mut self, _: &Elsewhere) {}

    /// Checks it against the other parts of the scenario.
    fn check(&self, _: &mut StepCheck<'_, '_, '_, '_>) {}

    /// The label of the bucket whose objects it brings back, if it does.
    fn restores(&self) -> Option<&str> {
        None
    }
}
