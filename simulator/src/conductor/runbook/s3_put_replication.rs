//! `s3.put_replication`: the declared replication is switched on or off.

use cloud_emulator::client::ask;
use drill::journal::{Event, StepError};
use drill::scenario::{ReplicationStatus, S3PutReplication};

use super::StepContext;

pub(crate) async fn run(action: &S3PutReplication, step: &StepContext<'_>) -> Result<String, StepError> {
    let bucket = step.bucket(&action.bucket);
    let Some(replicate) = &bucket.replicate else {
        return Err(StepError {
            operation: "PutBucketReplication".to_owned(),
            code: "NothingDeclared".to_owned(),
            message: format!(
                "the scenario declares no replication for bucket {}",
                action.bucket
            ),
        });
    };
    let enabled = action.status == ReplicationStatus::Enabled;
    let (from, to) = (&bucket.name, &replicate.name);
    ask::put_replication(&step.client, from, to, enabled, replicate.delete_markers).await?;
    // A replication that had stopped without a word goes on once it is set up again.
    step.drill.ended_by_step();
    let by = step.step.id.clone();
    step.drill.emit(Event::Replication {
        bucket: action.bucket.clone(),
        running: enabled,
        by,
    });
    Ok(format!(
        "replication of {from} to {to} {}",
        if enabled { "enabled" } else { "disabled" }
    ))
}
