//! `s3.restore_objects`: damaged objects are written anew from another store, by content.
//!
//! Each key that an audit found is read at the source and compared with its stored checksum; only a sound
//! body is copied, whatever sizes and dates say.

use drill::journal::StepError;
use drill::scenario::S3RestoreObjects;
use futures::StreamExt;

use super::{StepContext, Tally};
use cloud_emulator::client::ask as s3;

pub(crate) async fn run(action: &S3RestoreObjects, step: &StepContext<'_>) -> Result<String, StepError> {
    let damage = step.damage(&action.damaged)?;
    let to = &step.bucket(&action.bucket).name;
    let from = step.bucket(&action.from.bucket).name_in(&action.from.region);
    let keys: Vec<String> = damage.keys.keys().cloned().collect();
    let copies = s3::side_by_side(keys, async |key: String| {
        let copied = match s3::read_checked(&step.client, &from, &key, None).await {
            Ok(_) => s3::copy(&step.client, (&from, &key, None), (to, &key)).await,
            Err(error) => Err(error),
        };
        copied.map_err(|error| (key, error))
    });
    let tally = copies.collect::<Tally>().await;
    tally.into_result("restored", &format!("have no sound copy in {from}"))
}
