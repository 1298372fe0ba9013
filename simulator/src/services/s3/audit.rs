//! `s3.audit`: the operator assesses the damage, and later steps restore what it found.

use async_trait::async_trait;
use drill::journal::StepError;
use drill::scenario::S3Audit;

use super::{buckets, damage};
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3Audit {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let found = damage::inspect(&step.client, &buckets::stores(step, &self.bucket), self.depth).await?;
        let summary = found.summary();
        step.keep_damage(found);
        Ok(summary)
    }
}
