//! `s3.verify_integrity`: every object is read and compared with the checksum stored with it.

use drill::journal::StepError;
use drill::scenario::{AuditDepth, S3VerifyIntegrity};

use super::{StepContext, damage};

pub(crate) async fn run(action: &S3VerifyIntegrity, step: &StepContext<'_>) -> Result<String, StepError> {
    let found = damage::inspect(&step.client, &step.stores(&action.bucket), AuditDepth::Bodies).await?;
    let Some(example) = found.keys.keys().next() else {
        return Ok(found.summary());
    };
    Err(StepError {
        operation: "s3.verify_integrity".to_owned(),
        code: "IntegrityViolated".to_owned(),
        message: format!("{}, {example} among them", found.summary()),
    })
}
