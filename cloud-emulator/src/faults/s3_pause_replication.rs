//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use drill::scenario::{Bucket, S3PauseReplication};
use drill::units::Span;

use super::{Broken, Scene, Standing, Testimony};
use crate::replication::Pause;

/// How often the witness looks for a copy that is overdue.
const LOOK_EVERY: Span = Span::from_secs(10);

/// How long it looks beyond the 99th percentile of the lag.
const MARGIN: Span = Span::from_mins(10);

pub(super) fn strike(fault: &S3PauseReplication, scene: &Scene<'_>) -> Result<Broken, String> {
    let bucket = &scene.bucket(&fault.bucket).name;
    let mut broken = Broken::while_held(vec![bucket.clone()], scene.cloud.replicator().pause(bucket));
    broken.unreplicated.push(fault.bucket.clone());
    Ok(broken)
}

impl Standing for Pause {
    fn stands(&self) -> bool {
        Pause::stands(self)
    }
}

/// The witness is the oldest write whose copy is overdue: the API would still say that all is well.
pub(super) async fn witness(fault: &S3PauseReplication, scene: &Scene<'_>) -> Testimony {
    overdue(scene, scene.bucket(&fault.bucket)).await
}

/// Waits until the copy of a write to this bucket is overdue.
pub(super) async fn overdue(scene: &Scene<'_>, bucket: &Bucket) -> Testimony {
    let lag = bucket
        .replicate
        .as_ref()
        .map_or(Span::ZERO, |replicate| replicate.lag.p99);
    let give_up = scene.clock.now() + lag + MARGIN;
    loop {
        if let Some(overdue) = scene.cloud.replicator().oldest_overdue(&bucket.name) {
            let (key, due) = (overdue.key, overdue.due);
            let witness = format!("the copy of {key} was due at {due} and was not made");
            return Testimony {
                proven: true,
                witness,
            };
        }
        if scene.clock.now() >= give_up {
            let waited = lag + MARGIN;
            return Testimony {
                proven: false,
                witness: format!("no copy of {} was overdue within {waited}", bucket.label),
            };
        }
        scene.clock.sleep(LOOK_EVERY).await;
    }
}
