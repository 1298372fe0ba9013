//! `s3.audit`: the operator assesses the damage, and later steps restore what it found.

use drill::journal::StepError;
use drill::scenario::S3Audit;

use super::{StepContext, damage};

pub(crate) async fn run(action: &S3Audit, step: &StepContext<'_>) -> Result<String, StepError> {
    let found = damage::inspect(&step.client, &step.stores(&action.bucket), action.depth).await?;
    let summary = found.summary();
    step.keep_damage(found);
    Ok(summary)
}
