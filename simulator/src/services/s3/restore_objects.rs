//! `s3.restore_objects`: damaged objects are written anew from another store, by content.
//!
//! Each key that an audit found is read at the source and compared with its stored checksum; only a sound
//! body is copied, whatever sizes and dates say.

use async_trait::async_trait;
use cloud_emulator::client::ask as s3;
use drill::journal::StepError;
use drill::scenario::S3RestoreObjects;
use futures::StreamExt;

use super::buckets;
use crate::conductor::runbook::{KeyOutcomes, RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for S3RestoreObjects {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let damage = step.damage(&self.damaged)?;
        let to = &buckets::bucket(step, &self.bucket).name;
        let from = buckets::bucket(step, &self.from.bucket).name_in(&self.from.region);
        let keys: Vec<String> = damage.keys.keys().cloned().collect();
        let copies = s3::side_by_side(keys, async |key: String| {
            let copied = match s3::read_checked(&step.client, &from, &key, None).await {
                Ok(_) => s3::copy(&step.client, (&from, &key, None), (to, &key)).await,
                Err(error) => Err(error),
            };
            copied.map_err(|error| (key, error))
        });
        let outcomes = copies.collect::<KeyOutcomes>().await;
        outcomes.into_result("restored", &format!("have no sound copy in {from}"))
    }
}
