//! What a drill runs on: the clock, the journal, child processes, and the people who take part.

use std::sync::Arc;

use drill::journal::Event;
use drill::units::DrillTime;
use runtime::clock::Clock;
use runtime::journal::Journal;
use runtime::supervisor::Supervisor;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::counter::Counter;
use super::runbook::shell::Scripts;
use super::signal::Signal;
use crate::progress::Progress;
use crate::temporary::TemporaryFolder;

/// The machine of a drill.
pub(crate) struct Host {
    pub(crate) clock: Clock,
    pub(crate) supervisor: Arc<Supervisor>,
    pub(super) journal: Journal,
    pub(crate) progress: Progress,
    pub(super) signals: UnboundedSender<Signal>,
    /// Writers stop: the last audit comes.
    pub(crate) quiet: CancellationToken,
    /// Everything stops.
    pub(crate) stop: CancellationToken,
    /// There if the runbook has scripts.
    pub(crate) scripts: Option<Scripts>,
    /// The people who perform steps, if any do.
    pub(crate) people: Option<Counter>,
    /// Functions' code is unpacked here; it goes with the drill.
    pub(super) _code: TemporaryFolder,
}

impl Host {
    /// Writes an event down, now.
    pub(crate) fn emit(&self, event: Event) {
        self.journal.emit(event);
    }

    /// Writes an event down at the instant at which it was due.
    pub(crate) fn emit_at(&self, at: DrillTime, event: Event) {
        self.journal.emit_at(at, event);
    }

    /// Signals the conductor. The receiver is gone once the conductor has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let _ = self.signals.send(signal);
    }

    /// How well the clock kept time.
    pub(crate) fn clock_event(&self) -> Event {
        self.clock.accounts().into()
    }
}
