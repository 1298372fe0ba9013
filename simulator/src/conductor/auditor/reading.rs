//! What the parts of an audit share.

use drill::audit::{AuditRecord, Found};
use drill::journal::{AuditId, StepError};
use drill::units::DrillTime;

use crate::conductor::context::Drill;

/// An audit that is under way.
pub(super) struct Reading<'a> {
    pub(super) drill: &'a Drill,
    pub(super) id: AuditId,
    pub(super) cut: DrillTime,
    pub(super) deadline: DrillTime,
    pub(super) problems: Vec<String>,
}

impl Reading<'_> {
    pub(super) fn keep(&self, record: AuditRecord) {
        self.drill.observed.records.keep_audit(&record);
    }

    /// What the store's service calls it, with its label: `bucket programs`.
    pub(super) fn describe(&self, store: &str) -> String {
        let declared = self.drill.spec.scenario.cloud.store(store);
        let noun = declared.map_or("store", |store| store.kind.noun);
        format!("{noun} {store}")
    }

    /// The store cannot be listed: nothing is known of it.
    pub(super) fn unlisted(&mut self, store: &str, error: &StepError) {
        let error = format!("{}: {}", error.code, error.message);
        self.problems
            .push(format!("{} cannot be listed: {error}", self.describe(store)));
        self.keep(AuditRecord::Unlisted {
            audit: self.id,
            store: store.to_owned(),
            error,
        });
    }
}

/// What is said of a value that cannot be read.
pub(super) fn unreadable(error: &StepError) -> Found {
    Found::Unreadable {
        error: format!("{}: {}", error.code, error.message),
    }
}
