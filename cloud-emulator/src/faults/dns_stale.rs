//! `dns.stale`: resolvers keep the old answer, however long ago its time was over.

use super::{Broken, Scene, Standing, Testimony};
use crate::names::Stale;

pub(super) fn strike(scene: &Scene<'_>) -> Broken {
    Broken::while_held(vec!["every resolver".to_owned()], scene.cloud.names().freeze())
}

impl Standing for Stale {
    fn hits(&self) -> Option<u64> {
        Some(Stale::hits(self))
    }
}

/// Somebody must have been given an answer whose time was over.
pub(super) async fn witness(scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let seen = scene
        .await_some(|| Some(broken.hits()).filter(|hits| *hits > 0))
        .await;
    let what = |hits| format!("{hits} questions were answered from an answer whose TTL was over");
    Testimony::of_wait(seen, what, "nobody asked for a name whose answer was over")
}
