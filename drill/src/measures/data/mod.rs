//! What became of each data set's writes, and the recovery point that was achieved on it.
//!
//! ```text
//!  ledger ─┐   objects (key by key) ──┐
//!          ├──                        ├──► counts ─► RPA
//!  audit ──┘   telemetry (receipts) ──┘
//! ```
//!
//! The audit knows nothing of the faults; here they are used only to date losses and to tell what was
//! superseded before them.

mod counts;
mod cuts;
pub(crate) mod damage;
mod density;
mod disruptions;
mod doubts;
mod index;
mod key;
mod objects;
mod subject;
mod telemetry;

use self::counts::WriteCounts;
pub(crate) use self::cuts::Cuts;
use self::damage::Cause;
pub(crate) use self::disruptions::Disruption;
use self::subject::Subject;
use super::case::Case;
use super::incidents::Incident;
use super::injection::Injection;
use super::recording::Recording;
use crate::audit::AuditRecord;
use crate::journal::AuditId;
use crate::recovery::Rpa;
use crate::report;
use crate::scenario::{CountedFrom, DataKind, DataSet};
use crate::units::Span;

/// A data set, counted.
#[derive(Debug)]
pub(crate) struct Data<'a> {
    pub(crate) spec: &'a DataSet,
    pub(crate) counts: WriteCounts<'a>,
    /// The recovery point of the worst disruption.
    pub(crate) rpa: Rpa,
    /// What destroyed its writes, the worst first.
    pub(crate) disruptions: Vec<Disruption<'a>>,
    /// Audit A began to read it.
    pub(crate) was_read: bool,
    /// Why its figures are not to be relied on, a sentence each.
    pub(crate) doubts: Vec<String>,
}

impl<'a> Data<'a> {
    /// Why an RPO cannot be judged on this data set, if it cannot.
    pub(crate) fn too_thin(&self, case: &Case<'_>, rpo: Span) -> Option<String> {
        let first = |such: &dyn Fn(&Injection<'_>) -> bool| {
            let mut injections = case.injections.iter();
            injections
                .find(|injection| such(injection))
                .map(|injection| injection.at)
        };
        let breaks_any = |injection: &Injection<'_>| {
            let impacts = injection.fault.action.impacts(case.scenario);
            impacts.iter().any(|impact| impact.effect.breaks_data())
        };
        let dated = self.worst().and_then(|worst| worst.at);
        let suffered = dated.or_else(|| first(&|injection| case.breaks(injection, self.spec)));
        let fault = suffered
            .or_else(|| first(&breaks_any))
            .or(case.first_injection())?;
        density::too_thin(&self.counts.produced, fault, rpo)
    }

    /// Whether anything was lost, corrupted or went stale, or was gone again at the end.
    pub(crate) fn damaged(&self) -> bool {
        !self.disruptions.is_empty()
    }

    /// The disruption that an RPO is judged on.
    pub(crate) fn worst(&self) -> Option<&Disruption<'a>> {
        self.disruptions.first()
    }
}

/// Counts every data set of the scenario.
pub(crate) fn count_writes<'a>(
    case: &Case<'a>,
    incidents: &[Incident<'a>],
    recording: &Recording,
) -> Vec<Data<'a>> {
    let cuts = cuts(case, &recording.audit);
    let data = |spec| data(case, spec, incidents, cuts, recording);
    case.scenario.data.iter().map(data).collect()
}

fn data<'a>(
    case: &Case<'a>,
    spec: &'a DataSet,
    incidents: &[Incident<'a>],
    cuts: Cuts,
    recording: &Recording,
) -> Data<'a> {
    let subject = subject::subject(case, spec, incidents, recording);
    let mut counts = match &spec.kind {
        DataKind::Keyed { .. } => objects::count_writes(&subject, cuts, recording),
        DataKind::Stream { rule, function, .. } => {
            telemetry::count_writes(&subject, (rule, function.is_some()), cuts, recording)
        }
    };
    let disruptions = disruptions::disruptions(case, spec, incidents, &counts);
    let mut doubts = std::mem::take(&mut counts.doubts);
    doubts.extend(doubts::of_audit(case, recording, cuts, &subject, counts.unknown));
    doubts.extend(doubts::of_saturation(case, &spec.kind));
    Data {
        spec,
        counts,
        rpa: disruptions.first().map_or(Rpa::NONE, |worst| worst.rpa),
        disruptions,
        was_read: cuts.a.is_some(),
        doubts,
    }
}

/// The audits' cuts, of those that began.
fn cuts(case: &Case<'_>, audit: &[AuditRecord]) -> Cuts {
    let cut = |wanted: AuditId| {
        let began = audit.iter().filter_map(|record| match record {
            AuditRecord::Began { audit, cut, .. } if *audit == wanted => Some(*cut),
            _ => None,
        });
        began.min()
    };
    // Audit B only compares: one that could not read everything compares nothing.
    let whole = |id| {
        case.timeline
            .audit(id)
            .is_some_and(|run| run.complete == Some(true))
    };
    Cuts {
        a: cut(AuditId::A),
        b: cut(AuditId::B).filter(|_| whole(AuditId::B)),
    }
}

impl Data<'_> {
    /// As `report.json` has it.
    pub(crate) fn report(&self) -> report::DataSet {
        let WriteCounts {
            acknowledged,
            stable,
            delayed,
            lost,
            corrupted,
            stale,
            ..
        } = self.counts;
        let WriteCounts {
            duplicated,
            resurrected,
            recovered,
            unexpected,
            superseded,
            unknown,
            ..
        } = self.counts;
        let WriteCounts {
            recovered_later,
            lost_in_failback,
            elsewhere,
            ..
        } = self.counts;
        let by_hop = self.counts.lost_by_hop.iter();
        let rpa = self.rpa.length.as_secs_f64();
        report::DataSet {
            name: self.spec.name.clone(),
            counted_from: match self.spec.counted_from {
                CountedFrom::Acknowledged => "acknowledged".to_owned(),
                CountedFrom::Produced => "produced".to_owned(),
            },
            counted: self.counts.counted(),
            acknowledged,
            stable,
            delayed,
            lost,
            corrupted,
            stale,
            duplicated,
            resurrected,
            recovered,
            unexpected,
            superseded,
            unknown,
            lost_by_hop: by_hop.map(|(hop, n)| ((*hop).to_owned(), *n)).collect(),
            rpa_s: (self.rpa.exact && self.counts_anything()).then_some(rpa),
            rpa_at_least_s: (!self.rpa.exact).then_some(rpa),
            rpa_before_fault_s: self.rpa.before.as_secs_f64(),
            rpa_after_fault_s: self.rpa.after.as_secs_f64(),
            oldest_lost_s: self.counts.oldest.map(|dated| dated.from.as_secs_f64()),
            newest_lost_s: self.counts.newest.map(|dated| dated.to.as_secs_f64()),
            resolution_s: self.rpa.resolution.as_secs_f64(),
            delay_s: self.counts.delay_s(),
            elsewhere,
            recovered_later,
            lost_in_failback,
            late_here: self.counts.late_here,
            lost_by_cause: self.by_cause(),
            disruptions: self.disruptions.iter().map(of_disruption).collect(),
        }
    }

    fn by_cause(&self) -> Vec<report::LostByCause> {
        let causes = self.counts.by_cause().into_iter();
        let mut causes: Vec<report::LostByCause> = causes
            .map(|(cause, count)| report::LostByCause {
                cause: cause.describe(),
                count,
            })
            .collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
        causes
    }

    /// Whether the audit judged any write at all.
    pub(crate) fn counts_anything(&self) -> bool {
        self.counts.counted() > 0
    }
}

fn of_disruption(disruption: &Disruption<'_>) -> report::Disruption {
    let (fault, step, other) = match disruption.of {
        Cause::Fault(id) => (Some(id.to_owned()), None, None),
        Cause::Step(id) => (None, Some(id.to_owned()), None),
        Cause::Function(_) | Cause::Other(_) => (None, None, Some(disruption.of.describe())),
        Cause::Unknown => (None, None, None),
    };
    let rpa = disruption.rpa.length.as_secs_f64();
    report::Disruption {
        fault,
        step,
        other,
        at_s: disruption.at.map(crate::units::DrillTime::as_secs_f64),
        damaged: disruption.damaged,
        rpa_s: disruption.rpa.exact.then_some(rpa),
        rpa_at_least_s: (!disruption.rpa.exact).then_some(rpa),
    }
}
