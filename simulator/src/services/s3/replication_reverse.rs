//! `replication.reverse`: writes are copied from the region in use to the other one from now on.

use async_trait::async_trait;
use cloud_emulator::client::ask;
use drill::journal::{Event, StepError};
use drill::scenario::ReplicationReverse;
use drill::units::Span;

use super::buckets;
use crate::conductor::runbook::{RunbookAction, StepContext};

/// How often it looks whether the batch job is done, as who waits for one would.
const LOOK_EVERY: Span = Span::from_secs(15);

#[async_trait]
impl RunbookAction for ReplicationReverse {
    fn waits(&self) -> bool {
        true
    }

    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let drill = step.drill;
        let bucket = buckets::bucket(step, &self.bucket);
        let active = drill.access.active_region(&self.bucket);
        let refused = |code: &str, message: String| StepError {
            operation: "PutBucketReplication".to_owned(),
            code: code.to_owned(),
            message,
        };
        let Some(replicate) = &bucket.replicate else {
            return Err(refused(
                "NothingDeclared",
                format!("bucket {} is not replicated", bucket.label),
            ));
        };
        let (from, to) = if *active == *bucket.region {
            (&bucket.name, &replicate.name)
        } else {
            (&replicate.name, &bucket.name)
        };
        {
            let _guard = step.work.hold(&step.step.id);
            ask::put_replication(&step.client, from, to, true, replicate.delete_markers).await?;
        }
        drill.ended_by_step();
        drill.host.emit(Event::Replication {
            bucket: self.bucket.clone(),
            running: true,
            by: step.step.id.clone(),
        });
        if !self.existing {
            return Ok(format!("writes to {from} are copied to {to}"));
        }
        let (s3, replicator) = (drill.access.cloud.storage(), drill.access.cloud.replicator());
        let copied = replicator.copy_existing(s3, from, to, replicate.delete_markers);
        let copied =
            copied.ok_or_else(|| refused("NoSuchBucket", format!("there is no {from}, or no {to}")))?;
        while replicator.existing(from) > 0 {
            drill.host.clock.sleep(LOOK_EVERY).await;
        }
        Ok(format!(
            "writes to {from} are copied to {to}; {copied} versions that were there before are copied"
        ))
    }
}
