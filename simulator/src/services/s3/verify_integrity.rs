//! `s3.verify_integrity`: every object is read and compared with the checksum stored with it.

use async_trait::async_trait;
use drill::journal::StepError;
use drill::scenario::{AuditDepth, S3VerifyIntegrity};

use super::{buckets, damage};
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3VerifyIntegrity {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let found = damage::inspect(
            &step.client,
            &buckets::stores(step, &self.bucket),
            AuditDepth::Bodies,
        )
        .await?;
        let Some(example) = found.keys.keys().next() else {
            return Ok(found.summary());
        };
        Err(StepError {
            operation: "s3.verify_integrity".to_owned(),
            code: "IntegrityViolated".to_owned(),
            message: format!("{}, {example} among them", found.summary()),
        })
    }
}
