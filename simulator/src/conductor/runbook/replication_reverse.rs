//! `replication.reverse`: writes are copied from the region in use to the other one from now on.

use cloud_emulator::client::ask;
use drill::journal::{Event, StepError};
use drill::scenario::ReplicationReverse;
use drill::units::Span;

use super::StepContext;

/// How often it looks whether the batch job is done, as who waits for one would.
const LOOK_EVERY: Span = Span::from_secs(15);

pub(crate) async fn run(action: &ReplicationReverse, step: &StepContext<'_>) -> Result<String, StepError> {
    let drill = step.drill;
    let bucket = step.bucket(&action.bucket);
    let active = drill.active_region(&action.bucket);
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
    let (from, to) = match *active == *bucket.region {
        true => (&bucket.name, &replicate.name),
        false => (&replicate.name, &bucket.name),
    };
    {
        let _guard = step.work.hold(&step.step.id);
        ask::put_replication(&step.client, from, to, true, replicate.delete_markers).await?;
    }
    drill.ended_by_step();
    drill.emit(Event::Replication {
        bucket: action.bucket.clone(),
        running: true,
        by: step.step.id.clone(),
    });
    if !action.existing {
        return Ok(format!("writes to {from} are copied to {to}"));
    }
    let (s3, replicator) = (drill.cloud.backend(), drill.cloud.replicator());
    let copied = replicator.copy_existing(s3, from, to, replicate.delete_markers);
    let copied = copied.ok_or_else(|| refused("NoSuchBucket", format!("there is no {from}, or no {to}")))?;
    while replicator.existing(from) > 0 {
        drill.clock.sleep(LOOK_EVERY).await;
    }
    Ok(format!(
        "writes to {from} are copied to {to}; {copied} versions that were there before are copied"
    ))
}
