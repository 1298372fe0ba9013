//! What a data set's writes are judged by: its bucket, its cut-off ages, and what faults and steps touched.

use std::collections::HashSet;

use crate::audit::AuditRecord;
use crate::journal::AuditId;
use crate::measures::case::{Case, Strike};
use crate::measures::paths;
use crate::measures::recording::Recording;
use crate::scenario::{CountedFrom, DataKind, DataSet};
use crate::units::{DrillTime, Span};

/// What a data set's writes are judged by.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    /// The bucket's label.
    pub(super) bucket: &'a str,
    /// In which region writes arrive from which instant on, in order; the first entry is for all before, too.
    pub(super) arrivals: Vec<(DrillTime, &'a str)>,
    /// The label of the region that the bucket's name pointed to when audit A began to read.
    pub(super) read_in: &'a str,
    /// When audit A, audit B began to read.
    pub(super) reads: (Option<DrillTime>, Option<DrillTime>),
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

    /// The label of the region in which what was written at `at` arrived.
    pub(super) fn arrives_in(&self, at: DrillTime) -> &str {
        let before = self.arrivals.partition_point(|(from, _)| *from <= at);
        self.arrivals
            .get(before.saturating_sub(1))
            .map_or("", |(_, region)| region)
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
    let strikes = || case.strikes.iter().filter(|strike| case.breaks(strike, spec));
    let targets = strikes().filter_map(|strike| Some(case.fault_run(strike.fault)?.targets));
    let stepped = case.scenario.runbook.iter().any(|step| {
        let began = case.step_run(step).is_some_and(|run| run.start.is_some());
        began && paths::changes_bucket(case.scenario, step, bucket)
    });
    let whole = strikes().any(|strike| paths::takes_whole_bucket(case.scenario, strike));
    let unlisted = |wanted: AuditId| {
        recording.audit.iter().any(|record| {
            matches!(record, AuditRecord::Unlisted { audit, bucket: label, .. } if *audit == wanted && label == bucket)
        })
    };
    let read = |wanted: AuditId| {
        let began = recording.audit.iter().filter_map(|record| match record {
            AuditRecord::Began { audit, at, .. } if *audit == wanted => Some(*at),
            _ => None,
        });
        began.min()
    };
    let reads = (read(AuditId::A), read(AuditId::B));
    let read_in = case.region_of(bucket, reads.0.unwrap_or(DrillTime::MAX));
    Subject {
        bucket,
        arrivals: arrivals(case, spec),
        read_in: read_in.unwrap_or(""),
        reads,
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

/// Writers go where the bucket's name points; a rule files in the region of its broker.
fn arrivals<'a>(case: &Case<'a>, spec: &DataSet) -> Vec<(DrillTime, &'a str)> {
    let bucket = spec.kind.bucket();
    let region = |at| match spec.kind {
        DataKind::Objects { .. } => case.region_of(bucket, at),
        DataKind::Telemetry { .. } => case.filed_in(bucket, at),
    };
    let moves = case.timeline.moves.iter().map(|moved| moved.at);
    let instants = std::iter::once(DrillTime::from_us(i64::MIN)).chain(moves);
    instants.map(|at| (at, region(at).unwrap_or(""))).collect()
}
