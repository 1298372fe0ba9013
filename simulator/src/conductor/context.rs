//! What every part of a running drill shares.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use aws_sdk_s3::primitives::DateTime;
use cloud_emulator::client::rest::RestClients;
use cloud_emulator::client::{Clients, S3};
use cloud_emulator::cloud::Cloud;
use cloud_emulator::faults::{Broken, Scene};
use cloud_emulator::gateway::MeteredKey;
use cloud_emulator::replication::Late;
use drill::audit::AuditRecord;
use drill::frames::FrameError;
use drill::journal::{Event, FaultEnd, FleetCounters, Health, ReadinessCheck};
use drill::ledger::{DeviceMessages, Epoch, LedgerRecord, MessageId, Write};
use drill::plan::Plan;
use drill::procedure::Pulse;
use drill::scenario::{Fault, Resource, Scenario, Speed};
use drill::units::{DrillTime, Span};
use fleet_emulator::{Canary, Fleet};
use parking_lot::Mutex;
use runtime::clock::Clock;
use runtime::journal::Journal;
use runtime::records::Records;
use runtime::supervisor::Supervisor;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::Signal;
use super::changes::Changes;
use super::course::Course;
use super::functions::Functions;
use super::gate::Gate;
use super::people::Counter;
use super::programs::Programs;
use super::register::Register;
use super::runbook::Steps;
use super::runbook::shell::Scripts;
use crate::progress::Progress;
use crate::temporary::TemporaryFolder;

/// A running drill.
pub(crate) struct Drill {
    pub(crate) scenario: Scenario,
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    /// The highest rate of the clock.
    pub(crate) speed: f64,
    /// Whether that follows what keeps figures exact.
    pub(crate) pacing: Speed,
    pub(crate) clock: Clock,
    pub(crate) cloud: Cloud,
    pub(crate) supervisor: Arc<Supervisor>,
    /// Functions' code is unpacked here; it goes with the drill.
    pub(super) _code: TemporaryFolder,
    pub(super) fleet: Mutex<Option<Fleet>>,
    /// The canaries, by the labels of the regions whose brokers they go to.
    pub(crate) canaries: BTreeMap<String, Canary>,
    pub(super) canary_numbers: AtomicU32,
    /// As many devices had a session at once as a probe asks for.
    pub(crate) fleet_came: AtomicBool,
    /// The fleet's side of the ledger, as far as it is settled.
    pub(super) telemetry: Mutex<Vec<Epoch>>,
    pub(crate) register: Register,
    /// Where it is told what others than producers change.
    pub(crate) changes: Changes,
    /// The keys by which the gateway sees what functions, people and writers do, as long as they are there.
    pub(super) _watched: Vec<MeteredKey>,
    pub(super) function_counters: Functions,
    pub(super) program_counters: Programs,
    /// Devices with a session by broker, as they were told last.
    pub(super) device_regions: Mutex<Vec<(String, u64)>>,
    pub(crate) gate: Gate,
    pub(crate) pulse: Mutex<Pulse>,
    /// S3 as writers see it, by the door of each region.
    pub(crate) user: Clients,
    /// S3 as the operator who follows the runbook sees it, likewise.
    pub(crate) operator: Clients,
    /// S3 as probes see it, likewise.
    pub(crate) prober: Clients,
    /// S3 as audits and witnesses see it.
    pub(crate) auditor: S3,
    /// Lambda as audits see it, likewise, by the region that requests are signed for.
    pub(crate) audit_rest: RestClients,
    /// The digest of the code with which each function answered at drill 0, by its label.
    pub(super) codes: BTreeMap<String, String>,
    /// Lambda as probes see it, by the door of each region.
    pub(crate) functions: RestClients,
    /// Lambda as the operator sees it, likewise.
    pub(crate) operator_rest: RestClients,
    pub(crate) progress: Progress,
    /// Where on this machine the drill works.
    pub(crate) places: Places,
    /// Writers stop: the last audit comes.
    pub(crate) quiet: CancellationToken,
    /// Everything stops.
    pub(crate) stop: CancellationToken,
    pub(super) journal: Journal,
    pub(super) ledger: Arc<Records<LedgerRecord>>,
    pub(super) audit: Records<AuditRecord>,
    pub(super) signals: UnboundedSender<Signal>,
    pub(super) standing: Mutex<Vec<(String, Broken)>>,
    /// The faults that have struck, by their ids, and when they ended.
    pub(super) struck: Mutex<BTreeMap<String, Option<DrillTime>>>,
    pub(super) steps: Steps,
    /// There if the runbook has scripts.
    pub(crate) scripts: Option<Scripts>,
    /// The rounds of all probes for the health of their services.
    pub(super) rounds: broadcast::Sender<Round>,
    /// Whether audit A is complete.
    pub(super) audited: watch::Sender<bool>,
    /// When what windows count from happened.
    pub(crate) course: Course,
    /// The people who perform steps, if any do.
    pub(crate) people: Option<Counter>,
    /// The faults that are told and not injected, in an exercise without faults.
    pub(super) told: Vec<Fault>,
    /// What was found of this machine before the drill.
    pub(super) machine: Vec<ReadinessCheck>,
    /// When an exercise without faults begins, from drill 0.
    pub(super) scenario_begins: Span,
}

/// The folders of a drill.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where the run leaves its records.
    pub(crate) run: PathBuf,
    /// Where the scenario's file lies, and scripts beside it.
    pub(crate) scenario: PathBuf,
}

/// How many rounds of probes a step that waits for them may be behind.
pub(super) const ROUNDS_KEPT: usize = 1024;

/// A round of a probe, as steps see it that wait for one.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) probe: String,
    pub(crate) began: DrillTime,
    pub(crate) health: Health,
}

impl Drill {
    /// Whether it is an exercise without faults.
    pub(crate) fn is_exercise(&self) -> bool {
        self.scenario.exercise.is_without_faults()
    }

    /// Writes an event down, now.
    pub(crate) fn emit(&self, event: Event) {
        self.journal.emit(event);
    }

    /// Writes an event down at the instant at which it was due.
    pub(crate) fn emit_at(&self, at: DrillTime, event: Event) {
        self.journal.emit_at(at, event);
    }

    /// Tells the conductor. It has ended where nobody listens any more.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = self.signals.send(signal);
    }

    /// The fate of a write is known: it goes to the register and into the ledger.
    pub(crate) fn record(&self, write: Write) {
        self.register.settle(&write);
        self.keep_ledger(&LedgerRecord::Write(write));
    }

    /// Appends to the ledger.
    pub(crate) fn keep_ledger(&self, record: &LedgerRecord) {
        self.appended(self.ledger.append(record));
    }

    /// Appends to the audit.
    pub(crate) fn keep_audit(&self, record: &AuditRecord) {
        self.appended(self.audit.append(record));
    }

    fn appended(&self, result: Result<(), FrameError>) {
        if let Err(error) = result {
            self.signal(Signal::RecordLost(error.to_string()));
        }
    }

    /// The label of the region that a name (of a bucket, of a function, `iot`) points to now.
    pub(crate) fn active_region(&self, name: &str) -> Arc<str> {
        let active = self.cloud.names().active(name);
        active.expect("the scenario's references were checked")
    }

    /// The label of the region that `client` believes a name points to.
    pub(crate) fn resolve(&self, client: &str, name: &str) -> Arc<str> {
        let found = self.cloud.names().resolve(client, name, self.clock.now());
        found.expect("the scenario's references were checked").region
    }

    /// The name of the store in which a bucket is used now.
    pub(crate) fn active_name(&self, bucket: &str) -> String {
        self.name_in(bucket, &self.active_region(bucket))
    }

    /// The name of a bucket's store in the region of this label.
    pub(crate) fn name_in(&self, bucket: &str, region: &str) -> String {
        let bucket = self.scenario.bucket(bucket);
        bucket.map(|bucket| bucket.name_in(region)).unwrap_or_default()
    }

    /// AWS's name of the region of this label.
    pub(crate) fn aws_region(&self, label: &str) -> &str {
        let region = self.scenario.cloud.aws_region(label);
        region.expect("the scenario's references were checked")
    }

    /// S3 as an operator reaches it now, who goes through a door that is open.
    pub(crate) fn operator_now(&self) -> &S3 {
        self.operator.at(&self.cloud.open_door().label)
    }

    /// When an object became readable: the store's date as drill time. Other endpoints date by the wall; there it is
    /// when the gateway had the answer to its write, and at the latest now.
    pub(crate) fn readable_at(&self, store: &str, key: &str, date: Option<DateTime>) -> DrillTime {
        let s3 = self.cloud.backend();
        match s3.is_remote() {
            true => s3.written_at(store, key).unwrap_or_else(|| self.clock.now()),
            false => drill_time(self.clock.calendar_us_at(DrillTime::ZERO), date),
        }
    }

    /// The number of the next canary's message.
    pub(crate) fn next_canary(&self) -> u32 {
        self.canary_numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// For how long a rule keeps a batch open.
    pub(crate) fn batch_window(&self, rule: &str) -> Span {
        let rules = self.scenario.cloud.iot.iter().flat_map(|iot| &iot.rules);
        rules
            .filter(|of| of.name == rule)
            .map(|rule| rule.batch_window)
            .max()
            .unwrap_or(Span::ZERO)
    }

    /// The fleet's counters, if there is a fleet.
    pub(crate) fn fleet_counters(&self) -> Option<FleetCounters> {
        self.fleet.lock().as_ref().map(Fleet::counters)
    }

    /// Devices produce nothing that is due at `at` or later, and stay connected.
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
    pub(crate) fn keep_telemetry(&self, records: Vec<LedgerRecord>) {
        for record in records {
            self.keep_ledger(&record);
            if let LedgerRecord::Epoch(epoch) = record {
                self.telemetry.lock().push(epoch);
            }
        }
    }

    /// The epochs of telemetry that are settled go into the ledger.
    pub(crate) fn keep_settled_telemetry(&self) {
        let settled = self
            .fleet
            .lock()
            .as_ref()
            .map(Fleet::take_settled)
            .unwrap_or_default();
        self.keep_telemetry(settled);
    }

    /// Whether telemetry that was due before `cut` is neither acknowledged nor dropped.
    pub(crate) fn telemetry_open_before(&self, cut: DrillTime) -> bool {
        self.fleet
            .lock()
            .as_ref()
            .is_some_and(|fleet| fleet.open_before(cut))
    }

    /// The messages due before `cut` that the broker has acknowledged: they must come through.
    pub(crate) fn acknowledged_telemetry(&self, cut: DrillTime) -> HashSet<MessageId> {
        self.keep_settled_telemetry();
        let telemetry = self.telemetry.lock();
        let devices = telemetry
            .iter()
            .filter(|epoch| epoch.end <= cut)
            .flat_map(|epoch| &epoch.devices);
        devices.flat_map(acknowledged).collect()
    }

    /// What a fault that ends by itself at `until`, and its witness, work on.
    pub(crate) fn fault_scene(&self, until: DrillTime) -> Scene<'_> {
        Scene {
            scenario: &self.scenario,
            seed: self.seed,
            clock: &self.clock,
            cloud: &self.cloud,
            auditor: self.auditor.client(),
            until,
        }
    }

    /// What of a fault's effects has an event of its own.
    pub(crate) fn tell_broken(&self, fault: &str, broken: &Broken) {
        for bucket in &broken.unreplicated {
            self.emit(Event::Replication {
                bucket: bucket.clone(),
                running: false,
                by: fault.to_owned(),
            });
        }
    }

    /// The counters of functions that have changed go into the journal.
    pub(crate) fn keep_function_counters(&self) {
        for counters in self.function_counters.take_changed(&self.scenario) {
            self.emit(Event::Functions(counters));
        }
    }

    /// Devices with a session, by the label of their broker's region, if there is a fleet.
    pub(crate) fn connected_by_region(&self) -> Option<Vec<(String, u64)>> {
        let connected = self.fleet.lock().as_ref().map(Fleet::connected_by_endpoint)?;
        let labels = self.cloud.brokers().map(|(label, _)| label.to_owned());
        Some(labels.zip(connected).collect())
    }

    /// Where devices have their sessions goes into the journal, where it has changed.
    pub(crate) fn keep_device_regions(&self) {
        let Some(connected) = self.connected_by_region() else {
            return;
        };
        let mut told = self.device_regions.lock();
        if *told != connected {
            self.emit(Event::Devices {
                connected: connected.clone(),
            });
            *told = connected;
        }
    }

    /// Copies that the cloud made late go into the journal, where they were later than any before.
    pub(crate) fn keep_late_copies(&self) {
        for Late { bucket, due, late } in self.cloud.replicator().take_late() {
            self.emit(Event::CopiesLate { bucket, due, late });
        }
    }

    /// What became of programs on devices goes into the journal, where it has changed.
    pub(crate) fn keep_program_counters(&self) {
        let Some(counts) = self.fleet.lock().as_ref().map(Fleet::programs) else {
            return;
        };
        for counters in self.program_counters.take_changed(&counts) {
            self.emit(Event::Program(counters));
        }
    }

    /// A fault has struck.
    pub(super) fn fault_struck(&self, fault: &str) {
        self.struck.lock().insert(fault.to_owned(), None);
    }

    /// A fault is over at `at`.
    pub(super) fn fault_ended(&self, at: DrillTime, fault: String, by: FaultEnd) {
        self.struck.lock().insert(fault.clone(), Some(at));
        self.emit_at(at, Event::FaultEnded { fault, by });
    }

    /// The fault that hurt one of these resources at an instant, and may be why what makes so many calls one after the other had
    /// not been answered within `patience` then: faults that only delay calls, by less than that, are no reason.
    pub(crate) fn hurt_by(
        &self,
        path: &[Resource<'_>],
        at: DrillTime,
        calls: u32,
        patience: Span,
    ) -> Option<&str> {
        let struck = self.struck.lock();
        let faults = self.scenario.faults.iter();
        let stood = |ended: &Option<DrillTime>| ended.is_none_or(|ended| ended > at);
        let standing = faults.filter(|fault| struck.get(&fault.id).is_some_and(stood));
        let hurts = |fault: &&Fault| {
            let hurts = fault.action.hurts(&self.scenario);
            hurts
                .iter()
                .any(|hurt| hurt.effect.lasts() && hurt.effect.turns_red() && path.contains(&hurt.resource))
        };
        let hurting: Vec<&Fault> = standing.filter(hurts).collect();
        let delays = hurting.iter().map(|fault| fault.action.delays());
        let delay: Option<Span> = delays
            .map(|delay| delay.map(|delay| delay.p99))
            .try_fold(Span::ZERO, |sum, delay| Some(sum + delay?));
        let explains = delay.is_none_or(|delay| delay.times(i64::from(calls)) >= patience);
        let fault = hurting
            .into_iter()
            .find(|fault| delay.is_some() || fault.action.delays().is_none());
        fault.filter(|_| explains).map(|fault| fault.id.as_str())
    }

    /// A fault that stays until something ends it.
    pub(crate) fn keep_broken(&self, fault: &str, broken: Broken) {
        if broken.stands() {
            self.standing.lock().push((fault.to_owned(), broken));
        }
    }

    /// A step may have ended faults: those that no longer stand are over.
    pub(crate) fn ended_by_step(&self) {
        let mut standing = self.standing.lock();
        let over = standing
            .extract_if(.., |(_, broken)| !broken.stands())
            .collect::<Vec<_>>();
        drop(standing);
        for (fault, _) in over {
            self.fault_ended(self.clock.now(), fault, FaultEnd::Step);
        }
    }

    /// Removes every fault that still stands.
    pub(crate) fn remove_faults(&self) {
        for (fault, broken) in std::mem::take(&mut *self.standing.lock()) {
            drop(broken);
            self.fault_ended(self.clock.now(), fault, FaultEnd::Teardown);
        }
    }

    /// How well the clock kept time.
    pub(crate) fn clock_event(&self) -> Event {
        self.clock.accounts().into()
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

/// A store's date on the drill's clock, of which `zero_us` is drill 0 in Unix microseconds.
fn drill_time(zero_us: i64, date: Option<DateTime>) -> DrillTime {
    let us = date
        .and_then(|date| i64::try_from(date.as_nanos() / 1_000).ok())
        .unwrap_or(zero_us);
    DrillTime::from_us(us - zero_us)
}
