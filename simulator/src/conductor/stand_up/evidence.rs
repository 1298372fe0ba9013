//! The files that a drill writes while it runs, and their first lines.

use std::path::Path;
use std::sync::Arc;

use drill::audit::AuditRecord;
use drill::journal::{EndReason, Event, Record};
use drill::ledger::LedgerRecord;
use drill::scenario::{Scenario, Speed};
use runtime::clock::Clock;
use runtime::journal::Journal;
use runtime::records::Records;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::conductor::ending;
use crate::conductor::request::Request;
use crate::conductor::run_records::RunRecords;
use crate::conductor::runbook::shell::Masks;
use crate::conductor::signal::Signal;
use crate::exit::Failure;
use crate::run_folder::{self, RunFolder};
use crate::{files, machine};

/// The files that a drill writes while it runs.
pub(super) struct Evidence {
    pub(super) journal: Journal,
    pub(super) ledger: Arc<Records<LedgerRecord>>,
    pub(super) audit: Records<AuditRecord>,
}

impl Evidence {
    /// # Errors
    /// If a file cannot be made.
    pub(super) fn create(folder: &RunFolder, clock: &Clock, masks: &Masks) -> Result<Evidence, Failure> {
        let failed = |error: runtime::WriteError| Failure::Environment(error.to_string());
        let [journal, ledger, audit] =
            [run_folder::JOURNAL, run_folder::LEDGER, run_folder::AUDIT].map(|name| folder.file(name));
        Ok(Evidence {
            journal: Journal::create(&journal, clock, masks.texts()).map_err(failed)?,
            ledger: Arc::new(Records::create(&ledger, Record::Ledger).map_err(failed)?),
            audit: Records::create(&audit, Record::Audit).map_err(failed)?,
        })
    }

    /// The lines that say what is drilled, with what, and on which machine.
    pub(super) fn begin(&self, request: &Request<'_>, scenario: &Scenario) {
        let pacing = request.pacing;
        self.journal.emit(Event::Started {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            scenario_sha256: request.scenario_sha256.clone(),
            plan_sha256: request.plan.digest(),
            seed: request.seed,
            cloud: request.provider.name(),
            speed: f64::from(pacing.highest_rate()),
            speed_is_auto: pacing.speed == Speed::Auto,
            durations: Some(pacing.durations),
            details_sha256: request.details_sha256.clone(),
            exercise: Some(scenario.exercise).filter(|kind| kind.is_without_faults()),
            interactive: request.people.is_some(),
            answers_from_file: request.people.as_ref().is_some_and(|people| !people.at_terminal),
        });
        self.journal.emit(Event::Machine {
            kernel: machine::kernel(),
            processor: machine::processor(),
            cores: machine::cores().into(),
        });
        self.code_of(scenario, &request.scenario_folder);
    }

    /// Which code of the user's is run.
    fn code_of(&self, scenario: &Scenario, folder: &Path) {
        let files = files::digests(scenario, folder);
        if !files.is_empty() {
            self.journal.emit(Event::Code { files });
        }
    }

    /// A signal ended the drill before there was one: the files are closed.
    pub(super) fn interrupted(&self, signals: &mut UnboundedReceiver<Signal>) {
        if let Ok(Signal::Interrupted(signal)) = signals.try_recv() {
            let signal = signal.to_owned();
            self.journal.emit(Event::Interrupted { signal });
        }
        ending::seal(
            &self.journal,
            &self.ledger,
            &self.audit,
            None,
            EndReason::Interrupted,
        );
    }

    /// The binary ones of them.
    pub(super) fn into_records(self, signals: UnboundedSender<Signal>) -> RunRecords {
        RunRecords {
            ledger: self.ledger,
            audit: self.audit,
            signals,
        }
    }
}
