//! `lambda.redrive`: what failed is taken from the on-failure destination and invoked again.
//!
//! The destination is a bucket. Lambda writes a document per event there, with the event in it
//! (`requestPayload`); each is handed to the function again, and removed once Lambda has accepted it, so
//! that a step that is cut short and tried again repeats at most one.

use async_trait::async_trait;
use cloud_emulator::client::{ask, lambda};
use drill::journal::StepError;
use drill::scenario::{LIVE, LambdaRedrive};
use futures::StreamExt;
use serde_json::Value;

use super::target::target;
use crate::conductor::runbook::{KeyOutcomes, RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for LambdaRedrive {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let target = target(step, &self.function, self.region.as_deref());
        let name = &target.function.name;
        let destination = target.function.on_failure.as_deref().unwrap_or_default();
        let bucket = step.drill.access.name_in(destination, &target.region);
        let prefix = format!("aws/lambda/async/{name}/");
        let documents = ask::list_after(&step.client, &bucket, &prefix, "").await?;
        let keys: Vec<String> = documents.into_iter().map(|object| object.key).collect();
        let redriven = ask::side_by_side(keys, async |key: String| {
            let done = again(step, &target.rest, name, &bucket, &key).await;
            done.map_err(|error| (key, error))
        });
        let mut outcomes = KeyOutcomes::default();
        outcomes.extend(redriven.collect::<Vec<_>>().await);
        if outcomes.done == 0 && outcomes.failed.is_empty() {
            return Ok(format!("no failed event of {name} stands in {bucket}"));
        }
        let events = outcomes.done;
        outcomes.into_result("invoked again", "were not invoked again")?;
        Ok(format!("{events} failed events of {name} were invoked again"))
    }
}

/// Invokes one event again, and removes its document.
async fn again(
    step: &StepContext<'_>,
    rest: &cloud_emulator::client::rest::Rest,
    name: &str,
    bucket: &str,
    key: &str,
) -> Result<(), StepError> {
    let document = ask::read_raw(&step.client, bucket, key).await?;
    let parsed: Value = serde_json::from_slice(&document.bytes).unwrap_or_default();
    let Some(event) = parsed.get("requestPayload") else {
        return Err(StepError {
            operation: "GetObject".to_owned(),
            code: "NoEvent".to_owned(),
            message: "the document has no requestPayload".to_owned(),
        });
    };
    lambda::invoke_later(rest, name, Some(LIVE), event.to_string().into()).await?;
    let removed = step.client.delete_object().bucket(bucket).key(key).send().await;
    removed.map_err(|error| ask::api_error("DeleteObject", &error))?;
    Ok(())
}
