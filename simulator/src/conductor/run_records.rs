//! The binary records that a drill writes while it runs.

use std::sync::Arc;

use drill::audit::AuditRecord;
use drill::frames::FrameError;
use drill::ledger::LedgerRecord;
use runtime::records::Records;
use tokio::sync::mpsc::UnboundedSender;

use super::signal::Signal;

/// The ledger and the audit. One that can no longer be written ends the drill.
pub(crate) struct RunRecords {
    pub(super) ledger: Arc<Records<LedgerRecord>>,
    pub(super) audit: Records<AuditRecord>,
    pub(super) signals: UnboundedSender<Signal>,
}

impl RunRecords {
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
            // The receiver is gone once the conductor has ended.
            let _ = self.signals.send(Signal::RecordLost(error.to_string()));
        }
    }
}
