//! What a region runs in (a container), paused or killed with it.

use std::sync::Arc;

use cloud_gateway::RegionOutageGuard;
use cloud_service::faults::{Ending, FaultContext, FaultGuard};
use cloud_service::{BackendError, EmulatedService, Machine};
use drill::scenario::OutageContainer;
use drill::units::DrillTime;
use futures::FutureExt;
use runtime::Clock;
use tokio::task::JoinHandle;

use crate::cloud::Cloud;

/// A container that is paused or dead as long as this is held. Then it goes on, or starts again, empty; and only when it
/// is ready the region speaks again.
pub(super) struct Taken {
    how: OutageContainer,
    region: String,
    machine: Arc<dyn Machine>,
    services: Vec<Arc<dyn EmulatedService>>,
    clock: Clock,
    outage: Option<RegionOutageGuard>,
}

impl Taken {
    pub(super) fn describe(&self) -> String {
        let done = match self.how {
            OutageContainer::Pause => "paused",
            OutageContainer::Kill => "killed",
        };
        format!("the container of {}, which was {done}", self.region)
    }
}

impl FaultGuard for Taken {
    fn end(mut self: Box<Self>) -> Option<Ending> {
        let back = self.give_back()?;
        Some(async move { back.await.ok().flatten() }.boxed())
    }
}

/// Pauses or kills what a region runs in that is out.
pub(super) async fn stop(
    how: OutageContainer,
    machine: Arc<dyn Machine>,
    region: &str,
    outage: RegionOutageGuard,
    cloud: &Cloud,
    context: &FaultContext<'_>,
) -> Result<Taken, BackendError> {
    let services: Vec<_> = cloud.services().map(|one| one.service.clone()).collect();
    set_down(&services, region, true);
    let done = match how {
        OutageContainer::Pause => machine.pause().await,
        OutageContainer::Kill => machine.kill().await,
    };
    if let Err(error) = done {
        set_down(&services, region, false);
        return Err(error);
    }
    if how == OutageContainer::Kill {
        services.iter().for_each(|service| service.forget(region));
    }
    Ok(Taken {
        how,
        region: region.to_owned(),
        machine,
        services,
        clock: context.clock.clone(),
        outage: Some(outage),
    })
}

fn set_down(services: &[Arc<dyn EmulatedService>], region: &str, down: bool) {
    for service in services {
        service.set_down(region, down);
    }
}

impl Taken {
    /// Restarts the container, whether the result is waited for or not. When the region spoke again, if it does.
    fn give_back(&mut self) -> Option<JoinHandle<Option<DrillTime>>> {
        let outage = self.outage.take()?;
        let (how, machine, services) = (self.how, self.machine.clone(), self.services.clone());
        let (region, clock) = (self.region.clone(), self.clock.clone());
        // Outside of a runtime everything ends with the process.
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        // It is work that is really done here. Held from now on and not from when the task is first polled: until then
        // the drill would run at full speed.
        let held = clock.hold("container");
        Some(runtime.spawn(async move {
            let back = match how {
                OutageContainer::Pause => machine.unpause().await,
                OutageContainer::Kill => machine.revive().await,
            };
            let at = match back {
                Ok(()) => {
                    set_down(&services, &region, false);
                    drop(outage);
                    Some(clock.now())
                }
                Err(error) => {
                    // The region stays silent: there is nothing behind its listener.
                    std::mem::forget(outage);
                    // At the drill's end it is not waited for. Otherwise this is no fault of the plan's.
                    if !matches!(error, BackendError::Leaving(_)) {
                        tracing::error!(%error, region, "the container of a region does not come back");
                        machine.give_up(&error);
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
