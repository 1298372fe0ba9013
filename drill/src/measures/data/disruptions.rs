//! Disruptions: what was destroyed in the course of one event, and the recovery point that was achieved on it.
//!
//! A damaged write belongs to the incident in whose course it was destroyed or not acknowledged, dated by the fault that
//! opened it; else to the fault that stood then; else its destruction is a disruption of its own. A fault that the data
//! set did not suffer dates nothing.

use super::counts::WriteCounts;
use super::damage::{Cause, Damage};
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::measures::injection::Injection;
use crate::recovery::{Dated, Rpa};
use crate::scenario::DataSet;
use crate::units::{DrillTime, Span};

/// What was destroyed in the course of one event.
#[derive(Clone, Debug)]
pub(crate) struct Disruption<'a> {
    pub(crate) of: Cause<'a>,
    /// When it was injected; none if nothing tells.
    pub(crate) at: Option<DrillTime>,
    pub(crate) damaged: u64,
    /// Of these, so many were there after the recovery and gone at the end.
    pub(crate) lost_again: u64,
    pub(crate) oldest: Dated,
    pub(crate) newest: Dated,
    pub(crate) rpa: Rpa,
}

/// All disruptions of a data set, the worst first.
pub(crate) fn disruptions<'a>(
    case: &Case<'a>,
    spec: &'a DataSet,
    incidents: &[Incident<'a>],
    counts: &WriteCounts<'a>,
) -> Vec<Disruption<'a>> {
    let dating = Dating::new(case, spec, incidents);
    let mut found: Vec<Disruption<'a>> = Vec::new();
    for damage in &counts.damages {
        let (of, at) = dating.assign(damage);
        let place = found.iter_mut().find(|known| known.of == of);
        match place {
            Some(known) => known.record(damage, at),
            None => found.push(Disruption::new(of, at, damage)),
        }
    }
    for disruption in &mut found {
        let interval = interval(&counts.produced, disruption.newest);
        disruption.rpa = Rpa::new(
            disruption.at,
            disruption.oldest,
            disruption.newest,
            counts.survivor,
            interval,
        );
    }
    found.sort_by_key(|one| std::cmp::Reverse((one.rpa.length, !one.rpa.exact, one.damaged)));
    found
}

impl<'a> Disruption<'a> {
    fn new(of: Cause<'a>, at: Option<DrillTime>, damage: &Damage<'a>) -> Disruption<'a> {
        let mut disruption = Disruption {
            of,
            at,
            damaged: 0,
            lost_again: 0,
            oldest: damage.produced,
            newest: damage.produced,
            rpa: Rpa::NONE,
        };
        disruption.record(damage, at);
        disruption
    }

    fn record(&mut self, damage: &Damage<'a>, at: Option<DrillTime>) {
        self.at = match (self.at, at) {
            (Some(known), Some(at)) => Some(known.min(at)),
            (known, at) => known.or(at),
        };
        self.damaged += damage.count;
        if damage.audit == crate::journal::AuditId::B {
            self.lost_again += damage.count;
        }
        self.oldest = self.oldest.older(damage.produced);
        self.newest = self.newest.newer(damage.produced);
    }
}

/// The interval at which the data set, all producers together, was written when a write was: the lesser of those to the
/// writes before and after it, since producers that fail leave gaps.
fn interval(produced: &[DrillTime], write: Dated) -> Span {
    let next = produced.partition_point(|at| *at <= write.from);
    let before = produced.partition_point(|at| *at < write.from);
    let until_next = produced.get(next).map(|next| *next - write.from);
    let since_last = before
        .checked_sub(1)
        .and_then(|n| produced.get(n))
        .map(|last| write.from - *last);
    until_next
        .into_iter()
        .chain(since_last)
        .min()
        .unwrap_or(Span::ZERO)
}

/// What dates the losses of a data set.
struct Dating<'d, 'a> {
    /// The incidents of its services that came of a fault which it suffered: from when to when, and the fault.
    incidents: Vec<(DrillTime, DrillTime, Injection<'a>)>,
    /// The faults that it suffered: from when to when.
    faults: Vec<(DrillTime, DrillTime, Injection<'a>)>,
    case: &'d Case<'a>,
}

impl<'d, 'a> Dating<'d, 'a> {
    fn new(case: &'d Case<'a>, spec: &'a DataSet, incidents: &[Incident<'a>]) -> Dating<'d, 'a> {
        let suffered = |injection: &Injection<'a>| case.breaks(injection, spec);
        let theirs = incidents
            .iter()
            .filter(|incident| incident.counts && incident.service.data.as_ref() == Some(&spec.name));
        let of_incident = |incident: &Incident<'a>| {
            let injection = incident.fault.filter(suffered)?;
            Some((incident.start, incident.end.unwrap_or(DrillTime::MAX), injection))
        };
        let mut incidents: Vec<_> = theirs.filter_map(of_incident).collect();
        incidents.sort_by_key(|(from, ..)| *from);
        let of_fault = |injection: &Injection<'a>| {
            let ended = case.fault_run(injection.fault).and_then(|run| run.ended);
            let lasts = injection
                .fault
                .action
                .impacts(case.scenario)
                .iter()
                .any(|impact| impact.effect.lasts());
            let until = if lasts {
                ended.map_or(DrillTime::MAX, |(at, _)| at)
            } else {
                injection.at
            };
            (injection.at, until, *injection)
        };
        let faults = case
            .injections
            .iter()
            .filter(|injection| suffered(injection))
            .map(of_fault);
        Dating {
            incidents,
            faults: faults.collect(),
            case,
        }
    }

    /// The disruption that a damage belongs to, and when that was injected.
    fn assign(&self, damage: &Damage<'a>) -> (Cause<'a>, Option<DrillTime>) {
        let died = damage.died;
        let meets =
            |(from, to, _): &&(DrillTime, DrillTime, Injection<'a>)| *from <= died.to && died.from <= *to;
        let dated = |(from, _, injection): &(DrillTime, DrillTime, Injection<'a>)| {
            (Cause::Fault(injection.fault.id.as_str()), Some(*from))
        };
        if let Some(incident) = self.incidents.iter().find(meets) {
            return dated(incident);
        }
        if let Cause::Fault(id) = damage.cause
            && let Some(injection) = self
                .case
                .injections
                .iter()
                .find(|injection| injection.fault.id == id)
            && self.faults.iter().any(|(_, _, suffered)| suffered.fault.id == id)
        {
            return (damage.cause, Some(injection.at));
        }
        if let Some(fault) = self.faults.iter().find(meets) {
            return dated(fault);
        }
        match damage.cause {
            Cause::Step(_) | Cause::Function(_) | Cause::Other(_) => (damage.cause, Some(died.from)),
            // No record shows when: the fault after which it may have happened.
            Cause::Fault(_) | Cause::Unknown => {
                let next = self.faults.iter().find(|(from, ..)| *from >= died.from);
                next.or(self.faults.last()).map_or((damage.cause, None), dated)
            }
        }
    }
}
