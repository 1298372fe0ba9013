//! `s3.put_replication`: the declared replication is switched on or off.

use async_trait::async_trait;
use cloud_emulator::client::ask;
use drill::journal::{Event, StepError};
use drill::scenario::{ReplicationStatus, S3PutReplication};

use super::buckets;
use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3PutReplication {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let bucket = buckets::bucket(step, &self.bucket);
        let Some(replicate) = &bucket.replicate else {
            return Err(StepError {
                operation: "PutBucketReplication".to_owned(),
                code: "NothingDeclared".to_owned(),
                message: format!("the scenario declares no replication for bucket {}", self.bucket),
            });
        };
        let enabled = self.status == ReplicationStatus::Enabled;
        let (from, to) = (&bucket.name, &replicate.name);
        ask::put_replication(&step.client, from, to, enabled, replicate.delete_markers).await?;
        // A replication that had failed silently continues once it is set up again.
        step.drill.ended_by_step();
        let by = step.step.id.clone();
        step.drill.host.emit(Event::Replication {
            bucket: self.bucket.clone(),
            running: enabled,
            by,
        });
        Ok(format!(
            "replication of {from} to {to} {}",
            if enabled { "enabled" } else { "disabled" }
        ))
    }
}
