//! What closed an incident: a step of the runbook, or the end that the fault came to by itself.
//!
//! ```text
//!      last red began            first green
//!  ─────────┤▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒├──────   what happened in ▒ closed it
//! ```
//!
//! Only a step that did what it should gets the credit: one that failed has restored nothing for certain.
//!
//! If both happened in that window it is the fault's end: a plan gets no credit that it may not have
//! earned. If neither did, it is the later of the two before it.

use super::case::Case;
use super::paths;
use crate::journal::{FaultEnd, Health, Outcome};
use crate::report::ClosedBy;
use crate::scenario::{Effect, Probe};
use crate::units::DrillTime;

/// What closed the incident of a service that lasted from `start` to `end`.
pub(crate) fn closed_by<'a>(
    case: &Case<'a>,
    probe: &'a Probe,
    start: DrillTime,
    end: DrillTime,
) -> Option<ClosedBy> {
    let reds = case.timeline.looks(&probe.name).iter();
    let last_red = reds
        .filter(|look| look.health == Health::Red && look.at < end)
        .map(|look| look.began)
        .max();
    let since = last_red.unwrap_or(start);
    let fault = own_end(case, probe, start, end);
    let step = step_end(case, probe, start, end);
    match (fault, step) {
        (None, None) => None,
        (Some(_), None) => Some(ClosedBy::FaultEnd),
        (None, Some(_)) => Some(ClosedBy::Step),
        (Some(fault), Some(_)) if fault > since => Some(ClosedBy::FaultEnd),
        (Some(_), Some(step)) if step > since => Some(ClosedBy::Step),
        (Some(fault), Some(step)) => match fault >= step {
            true => Some(ClosedBy::FaultEnd),
            false => Some(ClosedBy::Step),
        },
    }
}

/// The last instant up to `end` at which a fault ended by itself that hurt what the probe goes through then:
/// what the primary's outage does no longer matters to a service that has moved away from it.
pub(crate) fn own_end<'a>(
    case: &Case<'a>,
    probe: &'a Probe,
    start: DrillTime,
    end: DrillTime,
) -> Option<DrillTime> {
    let path = case.path_of_probe(probe, end);
    let relevant = case
        .strikes
        .iter()
        .filter(|strike| case.hurts(strike, &path, Effect::turns_red));
    let ends = relevant.filter_map(|strike| case.fault_run(strike.fault)?.ended);
    ends.filter(|(at, by)| *by == FaultEnd::Itself && (start..=end).contains(at))
        .map(|(at, _)| at)
        .max()
}

/// The last instant up to `end` at which a step that succeeded was at work on what the probe went through,
/// before a move or after it.
fn step_end<'a>(case: &Case<'a>, probe: &'a Probe, start: DrillTime, end: DrillTime) -> Option<DrillTime> {
    let path = case.paths_between(probe, start, end);
    let steps = case.scenario.runbook.iter();
    let steps = steps.filter(|step| paths::touches(case.scenario, step, &path));
    let work = steps.filter_map(|step| {
        let run = case.step_run(step)?;
        let done = run.ended.is_some_and(|(_, end)| end.outcome == Outcome::Done);
        let began = run.start.filter(|_| done)?;
        let ended = run.interval().map_or(end, |(_, ended)| ended.min(end));
        (began <= end && ended >= start).then_some(ended)
    });
    work.max()
}
