//! What is counted while a drill runs goes into the journal every few seconds of drill time.

use std::sync::Arc;

use drill::journal::Event;
use drill::units::{DrillTime, Span};

use super::access::CloudAccess;
use super::context::Drill;
use super::host::Host;
use crate::progress::Status;
use crate::services::SERVICES;

/// How often the counters go into the journal.
const COUNT_EVERY: Span = Span::from_secs(10);

/// Writes the fleet's counters and what is settled of its telemetry down, and shows where the drill stands.
pub(super) async fn count(drill: Arc<Drill>) {
    for round in 1i64.. {
        let due = DrillTime::ZERO + COUNT_EVERY.times(round);
        drill.host.clock.sleep_until(due).await;
        let fleet = drill.devices.counters();
        if let Some(counters) = fleet {
            drill.host.emit(Event::Fleet(counters));
        }
        keep_counters(&drill);
        let probes = drill
            .observed
            .phase
            .lock()
            .states()
            .map(|(name, health)| (name.to_owned(), health))
            .collect();
        drill.host.progress.status(&Status {
            now: drill.host.clock.now(),
            rate: drill.host.clock.rate(),
            limit: drill.host.clock.limit(),
            fleet,
            probes,
        });
    }
}

fn keep_counters(drill: &Drill) {
    let (host, devices) = (&drill.host, &drill.devices);
    drill.observed.keep_function_counters(&drill.spec.scenario, host);
    devices.keep_programs(host);
    devices.keep_regions(host);
    keep_events(&drill.access, host);
    devices.keep_settled_telemetry(&drill.observed.records);
}

/// What services have to tell goes into the journal.
pub(super) fn keep_events(access: &CloudAccess, host: &Host) {
    for event in SERVICES.iter().flat_map(|service| service.take_events(access)) {
        host.emit(event);
    }
}
