//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use drill::scenario::{Bucket, S3PauseReplication};
use drill::units::Span;

use super::{Broken, Scene, Standing, Testimony};
use crate::replication::Pause;

/// How long the witness looks beyond the 99th percentile of the lag.
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
    let seen = scene
        .await_within(lag + MARGIN, || {
            scene.cloud.replicator().oldest_overdue(&bucket.name)
        })
        .await;
    Testimony::of_wait(
        seen,
        |overdue| {
            format!(
                "the copy of {} was due at {} and was not made",
                overdue.key, overdue.due
            )
        },
        &format!("no copy of {} was overdue", bucket.label),
    )
}
