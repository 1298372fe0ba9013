//! `iot.kill_broker`, `iot.freeze_broker`: the process of a region's broker dies, or stands still.

use std::time::Duration;

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, FaultGuard, InjectableFault, PartialInjection,
};
use drill::scenario::{BrokerEffect, BrokerFault, Fault};

use crate::broker_handle::{BrokerHandle, FreezeGuard, KillGuard};
use crate::emulated::IotService;

/// How long verification waits for an answer, in wall time.
const ANSWER: Duration = Duration::from_millis(500);

/// There is no broker to break.
#[derive(Debug, thiserror::Error)]
#[error("no broker runs in region {0}")]
struct NoBroker(String);

struct Dead {
    _guard: KillGuard,
    site: BrokerHandle,
}

impl FaultGuard for Dead {
    fn is_active(&self) -> bool {
        !self.site.is_running()
    }
}

struct Frozen {
    _guard: FreezeGuard,
    site: BrokerHandle,
    pid: Option<u32>,
}

impl FaultGuard for Frozen {
    fn is_active(&self) -> bool {
        self.site.pid() == self.pid
    }
}

/// A fault of a scenario, and the brokers that it is about.
pub(super) struct Broker<'a> {
    pub(super) service: &'a IotService,
    pub(super) spec: &'a BrokerFault,
}

#[async_trait]
impl InjectableFault for Broker<'_> {
    async fn inject(
        &self,
        fault: &Fault,
        _context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let broker = self.service.brokers().get(&self.spec.region);
        let Some(site) = broker.filter(|broker| broker.is_running()) else {
            return Err(FaultError::new(NoBroker(self.spec.region.clone())).into());
        };
        let touched = vec![format!("the broker of region {}", self.spec.region)];
        Ok(match self.spec.effect {
            BrokerEffect::Killed => ActiveFault::while_held(touched, kill(site, fault)),
            BrokerEffect::Frozen => ActiveFault::while_held(touched, freeze(site)),
        })
    }

    /// A client that asks for a session must get none.
    async fn verify(&self, context: &FaultContext<'_>, _broken: &ActiveFault) -> FaultEvidence {
        let region = self.spec.region.as_str();
        let Some(site) = self.service.brokers().get(region) else {
            return FaultEvidence {
                proven: false,
                observed: format!("region {region} has no broker"),
            };
        };
        // The end of answers is waited for in wall time, of which drill time must not run ahead: the fault may be short.
        let held = context.clock.hold("verification");
        let answers = site.answers(ANSWER).await;
        drop(held);
        FaultEvidence {
            proven: !answers,
            observed: if answers {
                format!("the broker of region {region} answers")
            } else {
                format!("an MQTT CONNECT to the broker of region {region} has no answer")
            },
        }
    }
}

fn kill(site: &BrokerHandle, fault: &Fault) -> Dead {
    let guard = site.kill();
    let guard = match fault.for_ {
        Some(_) => guard.restarting(),
        None => guard,
    };
    Dead {
        _guard: guard,
        site: site.clone(),
    }
}

fn freeze(site: &BrokerHandle) -> Frozen {
    Frozen {
        pid: site.pid(),
        _guard: site.freeze(),
        site: site.clone(),
    }
}
