//! The devices of a drill, and what is known of their telemetry.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use cloud_emulator::cloud::Cloud;
use drill::journal::{Event, FleetCounters};
use drill::ledger::{DeviceMessages, Epoch, LedgerRecord, MessageId};
use drill::units::DrillTime;
use fleet_emulator::{Canary, Fleet};
use parking_lot::Mutex;

use super::host::Host;
use super::run_records::RunRecords;
use crate::services::iot::Programs;

/// The fleet and its canaries; nothing where there is no broker.
#[derive(Default)]
pub(crate) struct Devices {
    fleet: Mutex<Option<Fleet>>,
    /// The labels of the regions that have brokers, as the fleet counts their endpoints.
    regions: Vec<String>,
    /// The canaries, by the labels of the regions whose brokers they go to.
    pub(crate) canaries: BTreeMap<String, Canary>,
    canary_numbers: AtomicU32,
    /// As many devices had a session at once as a probe asks for.
    pub(crate) came: AtomicBool,
    /// The fleet's side of the ledger, as far as it is settled.
    telemetry: Mutex<Vec<Epoch>>,
    programs: Programs,
    /// Devices with a session by broker, as they were told last.
    told: Mutex<Vec<(String, u64)>>,
}

impl Devices {
    /// The devices of a fleet that has started at the brokers of this cloud.
    pub(super) fn new(fleet: Option<Fleet>, cloud: &Cloud) -> Devices {
        let regions: Vec<String> = cloud.brokers().map(|(label, _)| label.to_owned()).collect();
        let canaries = fleet.iter().flat_map(|fleet| {
            let brokers = cloud.brokers();
            brokers.map(|(label, broker)| (label.to_owned(), fleet.canary(broker.address())))
        });
        Devices {
            canaries: canaries.collect(),
            regions,
            fleet: Mutex::new(fleet),
            ..Devices::default()
        }
    }

    /// The number of the next canary's message.
    pub(crate) fn next_canary(&self) -> u32 {
        self.canary_numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The fleet's counters, if there is a fleet.
    pub(crate) fn counters(&self) -> Option<FleetCounters> {
        self.fleet.lock().as_ref().map(Fleet::counters)
    }

    /// They produce nothing that is due at `at` or later, and stay connected.
    pub(crate) fn stop_telemetry_at(&self, at: DrillTime) {
        if let Some(fleet) = &*self.fleet.lock() {
            fleet.stop_producing_at(at);
        }
    }

    /// Telemetry before and after `at` is kept apart.
    pub(crate) fn cut_epoch(&self, at: DrillTime) {
        if let Some(fleet) = &*self.fleet.lock() {
            fleet.cut_epoch(at);
        }
    }

    /// What has become of telemetry goes into the ledger.
    pub(crate) fn keep_telemetry(&self, records: Vec<LedgerRecord>, into: &RunRecords) {
        for record in records {
            into.keep_ledger(&record);
            if let LedgerRecord::Epoch(epoch) = record {
                self.telemetry.lock().push(epoch);
            }
        }
    }

    /// The epochs of telemetry that are settled go into the ledger.
    pub(crate) fn keep_settled_telemetry(&self, into: &RunRecords) {
        let settled = self
            .fleet
            .lock()
            .as_ref()
            .map(Fleet::take_settled)
            .unwrap_or_default();
        self.keep_telemetry(settled, into);
    }

    /// Whether telemetry that was due before `cut` is neither acknowledged nor dropped.
    pub(crate) fn telemetry_open_before(&self, cut: DrillTime) -> bool {
        self.fleet
            .lock()
            .as_ref()
            .is_some_and(|fleet| fleet.open_before(cut))
    }

    /// The messages due before `cut` that the broker has acknowledged: they must come through.
    pub(crate) fn acknowledged_telemetry(&self, cut: DrillTime, records: &RunRecords) -> HashSet<MessageId> {
        self.keep_settled_telemetry(records);
        let telemetry = self.telemetry.lock();
        let devices = telemetry
            .iter()
            .filter(|epoch| epoch.end <= cut)
            .flat_map(|epoch| &epoch.devices);
        devices.flat_map(acknowledged).collect()
    }

    /// Devices with a session, by the label of their broker's region, if there is a fleet.
    pub(crate) fn connected_by_region(&self) -> Option<Vec<(String, u64)>> {
        let connected = self.fleet.lock().as_ref().map(Fleet::connected_by_endpoint)?;
        Some(self.regions.iter().cloned().zip(connected).collect())
    }

    /// Where devices have their sessions goes into the journal, where it has changed.
    pub(crate) fn keep_regions(&self, host: &Host) {
        let Some(connected) = self.connected_by_region() else {
            return;
        };
        let mut told = self.told.lock();
        if *told != connected {
            host.emit(Event::Devices {
                connected: connected.clone(),
            });
            *told = connected;
        }
    }

    /// What became of programs on devices goes into the journal, where it has changed.
    pub(crate) fn keep_programs(&self, host: &Host) {
        let Some(counts) = self.fleet.lock().as_ref().map(Fleet::programs) else {
            return;
        };
        for counters in self.programs.take_changed(&counts) {
            host.emit(Event::Program(counters));
        }
    }

    /// Takes the fleet away, to be stopped.
    pub(super) fn take_fleet(&self) -> Option<Fleet> {
        self.fleet.lock().take()
    }
}

fn acknowledged(messages: &DeviceMessages) -> impl Iterator<Item = MessageId> {
    let of = |n: &u32| DeviceMessages::bit(&messages.acknowledged, *n);
    let id = |n| MessageId {
        device: messages.device,
        seq: messages.first_seq + n,
    };
    (0..messages.count).filter(of).map(id)
}
