//! `replication.drain`: waits until the region in use has what was written to the other one.

use async_trait::async_trait;
use drill::journal::StepError;
use drill::scenario::ReplicationDrain;
use drill::units::Span;

use super::buckets;
use crate::conductor::runbook::{RunbookAction, StepContext};

/// How often it looks: S3 publishes the metric every minute.
const LOOK_EVERY: Span = Span::from_secs(60);

#[async_trait]
impl RunbookAction for ReplicationDrain {
    fn waits(&self) -> bool {
        true
    }

    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let drill = step.drill;
        let bucket = buckets::bucket(step, &self.bucket);
        let other = match &bucket.replicate {
            Some(replicate) if *drill.access.active_region(&self.bucket) == *bucket.region => &replicate.name,
            _ => &bucket.name,
        };
        let replicator = drill.access.cloud.replicator();
        let before = replicator.progress(other);
        // With copies that fail or are given up nothing is pending any more, and nothing arrived either.
        loop {
            let now = replicator.progress(other);
            let lost = (now.failed - before.failed) + (now.given_up - before.given_up);
            match now.pending {
                0 if lost == 0 => return Ok(format!("nothing written to {other} waits to be copied")),
                0 => {
                    return Err(StepError {
                        operation: "OperationsPendingReplication".to_owned(),
                        code: "OperationsFailedReplication".to_owned(),
                        message: format!("{lost} copies from {other} were not made"),
                    });
                }
                _ => {
                    drill.host.clock.sleep(LOOK_EVERY).await;
                }
            }
        }
    }
}
