//! What is observed while a drill runs: writes, changes, counters, health, and how far faults and steps have come.

use std::collections::BTreeMap;

use drill::journal::{Event, Health};
use drill::ledger::{LedgerRecord, Write};
use drill::procedure::DrillPhase;
use drill::scenario::Scenario;
use drill::units::DrillTime;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use super::active_faults::ActiveFaults;
use super::changes::Changes;
use super::course::Course;
use super::host::Host;
use super::run_records::RunRecords;
use super::runbook::Steps;
use super::write_barrier::WriteBarrier;
use super::write_tracker::WriteTracker;
use crate::services::lambda::FunctionCounts;

/// How many rounds of probes a step that waits for them may be behind.
const ROUNDS_KEPT: usize = 1024;

/// What the parts of a drill know of its course.
pub(crate) struct Observed {
    pub(crate) records: RunRecords,
    pub(crate) writes: WriteTracker,
    pub(crate) barrier: WriteBarrier,
    /// Where it is told what others than producers change.
    pub(crate) changes: Changes,
    functions: FunctionCounts,
    /// What resources were like at drill 0, by their labels, as their services describe it.
    pub(crate) at_start: BTreeMap<String, String>,
    pub(crate) phase: Mutex<DrillPhase>,
    pub(crate) faults: ActiveFaults,
    pub(crate) steps: Steps,
    /// When what windows count from happened.
    pub(crate) course: Course,
    /// The rounds of all probes for the health of their services.
    pub(super) rounds: broadcast::Sender<Round>,
    /// Whether audit A is complete.
    pub(super) audited: watch::Sender<bool>,
}

/// A round of a probe, as steps see it that wait for one.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) probe: String,
    pub(crate) began: DrillTime,
    pub(crate) health: Health,
}

impl Observed {
    /// Before drill 0: nothing has happened.
    pub(super) fn new(
        scenario: &Scenario,
        records: RunRecords,
        changes: Changes,
        functions: FunctionCounts,
        at_start: BTreeMap<String, String>,
    ) -> Observed {
        Observed {
            records,
            writes: WriteTracker::default(),
            barrier: WriteBarrier::new(&scenario.faults),
            changes,
            functions,
            at_start,
            phase: Mutex::new(DrillPhase::new(scenario)),
            faults: ActiveFaults::default(),
            steps: Steps::default(),
            course: Course::default(),
            rounds: broadcast::Sender::new(ROUNDS_KEPT),
            audited: watch::Sender::new(false),
        }
    }

    /// The fate of a write is known: it goes to the tracker and into the ledger.
    pub(crate) fn record(&self, write: Write) {
        self.writes.settle(&write);
        self.records.keep_ledger(&LedgerRecord::Write(write));
    }

    /// The counters of functions that have changed go into the journal.
    pub(crate) fn keep_function_counters(&self, scenario: &Scenario, host: &Host) {
        for counters in self.functions.take_changed(scenario) {
            host.emit(Event::Functions(counters));
        }
    }
}
