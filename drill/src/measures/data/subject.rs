//! What a data set's writes are judged by: its bucket, its cut-off ages, and what faults and steps touched.

use std::collections::HashSet;

use crate::audit::AuditRecord;
use crate::journal::AuditId;
use crate::measures::case::{Case, Strike};
use crate::measures::effects;
use crate::measures::recording::Recording;
use crate::scenario::{CountedFrom, DataSet};
use crate::units::{DrillTime, Span};

/// What a data set's writes are judged by.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    /// The bucket's label.
    pub(super) bucket: &'a str,
    /// The label of the bucket's home region.
    pub(super) home: &'a str,
    pub(super) counted_from: CountedFrom,
    pub(super) late_after: Span,
    pub(super) drain_timeout: Span,
    /// When the fault struck that dates its losses.
    pub(super) fault: Option<DrillTime>,
    pub(super) first_strike: Option<DrillTime>,
    /// The keys that faults touched.
    pub(super) targets: HashSet<&'a str>,
    /// A fault or a step may have changed any object of the bucket.
    pub(super) changed_as_a_whole: bool,
    /// A fault or a step changed something in the bucket.
    pub(super) touched: bool,
    /// Audit A, audit B could not list the bucket.
    pub(super) unlisted: (bool, bool),
}

impl Subject<'_> {
    pub(super) fn only_acknowledged(&self) -> bool {
        self.counted_from == CountedFrom::Acknowledged
    }

    pub(super) fn unlisted(&self, audit: AuditId) -> bool {
        match audit {
            AuditId::A => self.unlisted.0,
            AuditId::B => self.unlisted.1,
        }
    }
}

/// Gathers it from the scenario, the journal and the audits.
pub(super) fn subject<'a>(
    case: &Case<'a>,
    spec: &'a DataSet,
    dating: Option<Strike<'a>>,
    recording: &Recording,
) -> Subject<'a> {
    let bucket = spec.kind.bucket();
    let strikes = || {
        case.strikes
            .iter()
            .filter(|s| effects::of_fault(&s.fault.action).damages(bucket))
    };
    let targets = strikes().filter_map(|strike| Some(case.fault_run(strike.fault)?.targets));
    let stepped = case.scenario.runbook.iter().any(|step| {
        let began = case.step_run(step).is_some_and(|run| run.start.is_some());
        began && effects::of_step(&step.action) == Some(bucket)
    });
    let whole = strikes().any(|strike| effects::takes_whole_bucket(&strike.fault.action));
    let unlisted = |wanted: AuditId| {
        recording.audit.iter().any(|record| {
            matches!(record, AuditRecord::Unlisted { audit, bucket: label, .. } if *audit == wanted && label == bucket)
        })
    };
    Subject {
        bucket,
        home: case.scenario.bucket(bucket).map_or("", |bucket| &bucket.region),
        counted_from: spec.counted_from,
        late_after: case.scenario.late_after,
        drain_timeout: case.scenario.drain_timeout,
        fault: dating.map(|strike| strike.at),
        first_strike: case.first_strike(),
        targets: targets.flatten().map(String::as_str).collect(),
        changed_as_a_whole: whole || stepped,
        touched: stepped || strikes().next().is_some(),
        unlisted: (unlisted(AuditId::A), unlisted(AuditId::B)),
    }
}
