//! `s3.pause_replication`: copies stop without a word, while the configuration still says `Enabled`.

use drill::scenario::S3PauseReplication;
use drill::units::Span;

use super::{Broken, Scene, Testimony};

/// How often the witness looks for a copy that is overdue.
const LOOK_EVERY: Span = Span::from_secs(10);

/// How long it looks beyond the 99th percentile of the lag.
const MARGIN: Span = Span::from_mins(10);

pub(super) fn strike(fault: &S3PauseReplication, scene: &Scene<'_>) -> Result<Broken, String> {
    let bucket = &scene.bucket(&fault.bucket).name;
    Ok(Broken::while_held(
        vec![bucket.clone()],
        scene.replicator.pause(bucket),
    ))
}

/// The witness is the oldest write whose copy is overdue: the API would still say that all is well.
pub(super) async fn witness(fault: &S3PauseReplication, scene: &Scene<'_>) -> Testimony {
    let bucket = scene.bucket(&fault.bucket);
    let lag = bucket
        .replicate
        .as_ref()
        .map_or(Span::ZERO, |replicate| replicate.lag.p99);
    let give_up = scene.clock.now() + lag + MARGIN;
    loop {
        if let Some(overdue) = scene.replicator.oldest_overdue(&bucket.name) {
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
                witness: format!("no copy was overdue within {waited}"),
            };
        }
        scene.clock.sleep(LOOK_EVERY).await;
    }
}
