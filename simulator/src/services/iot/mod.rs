//! IoT: brokers, the devices that connect to them, and the way of their telemetry.

mod fleet;
mod metrics;
mod programs;
mod readiness;
mod restart_broker;
mod telemetry;

use async_trait::async_trait;
use drill::journal::{Event, ReadinessCheck};
use drill::ledger::Changed;

pub(crate) use self::fleet::start_fleet;
pub(crate) use self::programs::Programs;
use super::service::Service;
use crate::conductor::access::CloudAccess;
use crate::conductor::context::Drill;
use crate::metrics::counts::JournalCounts;
use crate::metrics::page::Page;

/// The service.
pub(super) struct Iot;

#[async_trait]
impl Service for Iot {
    fn name(&self) -> &'static str {
        "iot"
    }

    async fn readiness(&self, drill: &Drill) -> Vec<ReadinessCheck> {
        readiness::checks(&drill.access)
    }

    fn deployed(&self, access: &CloudAccess, region: &str) -> Vec<Changed> {
        let broker = access.cloud.broker(region);
        let running = broker.filter(|broker| broker.is_running());
        let stream = running.map(|_| Changed::Stream {
            region: region.to_owned(),
        });
        stream.into_iter().collect()
    }

    fn event_of(&self, built: &Changed, step: &str) -> Option<Event> {
        let Changed::Stream { region } = built else {
            return None;
        };
        Some(Event::Broker {
            region: region.clone(),
            running: true,
            detail: format!("started by step {step}"),
        })
    }

    fn metrics(&self, page: &mut Page, drill: &Drill, _: &JournalCounts) {
        metrics::brokers(page, &drill.access.cloud);
    }
}
