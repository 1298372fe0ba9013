//! The container of a region, paused or killed with it.

use std::sync::Arc;

use drill::scenario::OutageContainer;
use drill::units::DrillTime;
use futures::FutureExt;
use runtime::Clock;
use tokio::task::JoinHandle;

use super::{Ending, Scene, Standing};
use crate::backend::Backend;
use crate::containers::{ContainerError, LocalStack};
use crate::gateway::SilenceGuard;

/// A container that is paused or dead as long as this is held. Then it goes on, or starts again, empty; and only when it
/// is ready the region speaks again.
pub(super) struct Taken {
    how: OutageContainer,
    region: String,
    container: Arc<LocalStack>,
    s3: Backend,
    clock: Clock,
    silence: Option<SilenceGuard>,
}

impl Taken {
    pub(super) fn words(&self) -> String {
        let done = match self.how {
            OutageContainer::Pause => "paused",
            OutageContainer::Kill => "killed",
        };
        format!("the container of {}, which was {done}", self.region)
    }
}

impl Standing for Taken {
    fn end(mut self: Box<Self>) -> Option<Ending> {
        let back = self.give_back()?;
        Some(async move { back.await.ok().flatten() }.boxed())
    }
}

/// Takes the container of a region that has fallen silent.
pub(super) async fn take(
    how: OutageContainer,
    region: &str,
    silence: SilenceGuard,
    scene: &Scene<'_>,
) -> Result<Taken, String> {
    let container = scene
        .cloud
        .container(region)
        .ok_or("the region has no container")?;
    let s3 = scene.cloud.backend().clone();
    s3.set_down(region, true);
    let done = match how {
        OutageContainer::Pause => container.pause().await,
        OutageContainer::Kill => container.kill().await,
    };
    if let Err(error) = done {
        s3.set_down(region, false);
        return Err(error.to_string());
    }
    if how == OutageContainer::Kill {
        s3.forget(region);
    }
    Ok(Taken {
        how,
        region: region.to_owned(),
        container: container.clone(),
        s3,
        clock: scene.clock.clone(),
        silence: Some(silence),
    })
}

impl Taken {
    /// Has the container come back, whether anybody waits for it or not. When the region spoke again, if it does.
    fn give_back(&mut self) -> Option<JoinHandle<Option<DrillTime>>> {
        let silence = self.silence.take()?;
        let (how, container, s3) = (self.how, self.container.clone(), self.s3.clone());
        let (region, clock) = (self.region.clone(), self.clock.clone());
        // Outside of a runtime everything ends with the process.
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        // It is work that is really done here. Held from now on and not from when the task is first polled: until then
        // the drill would run at full speed.
        let held = clock.hold("container");
        Some(runtime.spawn(async move {
            let back = match how {
                OutageContainer::Pause => container.unpause().await,
                OutageContainer::Kill => container.revive().await,
            };
            let at = match back {
                Ok(()) => {
                    s3.set_down(&region, false);
                    drop(silence);
                    Some(clock.now())
                }
                Err(error) => {
                    // The region stays silent: there is nothing behind its door.
                    std::mem::forget(silence);
                    // At the drill's end nobody is waiting for it. Otherwise this is no fault of the plan's.
                    if !matches!(error, ContainerError::Leaving { .. }) {
                        tracing::error!(%error, region, "the container of a region does not come back");
                        container.give_up(&error);
                    }
                    None
                }
            };
            drop(held);
            at
        }))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        drop(self.give_back());
    }
}
