//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use drill::scenario::{Bucket, S3PauseReplication};
use drill::units::{DrillTime, Span};

use super::{Broken, Scene, Standing, Testimony};
use crate::replication::Pause;

/// How long the witness looks beyond the 99th percentile of the lag.
const MARGIN: Span = Span::from_mins(10);

/// How long a copy must be overdue at least: some of those that are made are late, too.
const OVERDUE: Span = Span::from_secs(30);

pub(super) fn strike(fault: &S3PauseReplication, scene: &Scene<'_>) -> Result<Broken, String> {
    let bucket = &scene.bucket(&fault.bucket).name;
    let pause = scene.cloud.replicator().pause(scene.cloud.backend(), bucket);
    let mut broken = Broken::while_held(vec![bucket.clone()], pause);
    broken.unreplicated.push(fault.bucket.clone());
    Ok(broken)
}

impl Standing for Pause {
    fn stands(&self) -> bool {
        Pause::stands(self)
    }
}

/// The witness is a write whose copy was due after the strike and is not made: the API would still say that all is well.
pub(super) async fn witness(fault: &S3PauseReplication, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    overdue(scene, scene.bucket(&fault.bucket), broken.struck).await
}

/// Waits until the copy of a write to this bucket was due after `struck` and is held back.
pub(super) async fn overdue(scene: &Scene<'_>, bucket: &Bucket, struck: DrillTime) -> Testimony {
    let lag = bucket
        .replicate
        .as_ref()
        .map_or(Span::ZERO, |replicate| replicate.lag.p99);
    let seen = scene
        .await_within(lag + MARGIN, || {
            scene.cloud.replicator().held_back(&bucket.name, struck, OVERDUE)
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
        &format!("no copy of {} was held back", bucket.label),
    )
}
