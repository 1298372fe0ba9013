//! What closed an incident: a step of the runbook, the end that the fault came to by itself, or neither.
//!
//! ```text
//!      last red began            first green
//!  ─────────┤▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒├──────   what happened in ▒ closed it
//! ```
//!
//! Credit follows effect, not presence: a step has it for what it changed on the path that the probe's client took for
//! that green, however long it ran and whatever became of it. What changed, and when, stands in the ledger; a name that
//! a step moved counts from when the client was first answered from there.
//!
//! | in ▒ | before ▒ | it was closed by |
//! |---|---|---|
//! | a change | | the step that made it |
//! | a fault's end | | the fault's end |
//! | both | | one of them, which one is unknown |
//! | neither | a change, and no fault's end after it | the step that made it |
//! | neither | a fault's end | the fault's end |
//! | neither | neither | nothing that the drill knows of |

use super::case::Case;
use super::effects::PutBack;
use super::paths::Path;
use super::timeline::ProbeResult;
use crate::journal::{FaultEnd, Health};
use crate::ledger::{Change, Changed, Changer, Left};
use crate::report::ClosedBy;
use crate::resource::ResourceClass;
use crate::scenario::{Effect, Probe, Reads, Verify};
use crate::units::DrillTime;

/// Operations on a bucket by which clients may be answered that were not.
const OPENING: [&str; 3] = ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];

/// What closed an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closing<'a> {
    pub(crate) by: ClosedBy,
    /// The step, where one did or may have done.
    pub(crate) step: Option<&'a str>,
}

/// Something that a step did, at this instant.
type Act<'a> = (DrillTime, &'a str);

/// What closed the incident of a service that lasted from `start` to `end`, at which a green result is dated.
pub(crate) fn closing<'a>(
    case: &Case<'a>,
    probe: &'a Probe,
    start: DrillTime,
    end: DrillTime,
) -> Closing<'a> {
    let looks = case.timeline.looks(&probe.name);
    let reds = looks
        .iter()
        .filter(|look| look.health == Health::Red && look.at < end);
    let since = reds.map(|look| look.began).max().unwrap_or(start).max(start);
    let green = looks
        .iter()
        .find(|look| look.at == end && look.health == Health::Green);
    let path = path_of(case, probe, green, end);
    let mut acts = changes(case, probe, &path, start, end);
    acts.extend(
        green
            .into_iter()
            .flat_map(|green| moves(case, probe, green, start)),
    );
    let last = |from: DrillTime, to: DrillTime| {
        let within = acts.iter().filter(|(at, _)| (from..=to).contains(at));
        within.max_by_key(|(at, _)| *at).copied()
    };
    let fault = own_end(case, &path, start, end);
    let by = |by, step: Option<Act<'a>>| Closing {
        by,
        step: step.map(|(_, step)| step),
    };
    match (last(since, end), fault) {
        (step @ Some(_), Some(fault)) if fault >= since => by(ClosedBy::Ambiguous, step),
        (step @ Some(_), _) => by(ClosedBy::Step, step),
        (None, Some(fault)) if fault >= since => by(ClosedBy::FaultEnd, None),
        (None, fault) => match (last(start, since), fault) {
            (Some((at, _)), Some(fault)) if fault > at => by(ClosedBy::FaultEnd, None),
            (step @ Some(_), _) => by(ClosedBy::Step, step),
            (None, Some(_)) => by(ClosedBy::FaultEnd, None),
            (None, None) => by(ClosedBy::Itself, None),
        },
    }
}

/// The path that led to a green.
fn path_of<'a>(
    case: &Case<'a>,
    probe: &'a Probe,
    green: Option<&ProbeResult<'a>>,
    end: DrillTime,
) -> Path<'a> {
    match green {
        Some(look) => case.path_of_probe(probe, look),
        None => case.path_of_probe(probe, end),
    }
}

/// The last instant up to `end` at which a fault ended by itself that affected what the service rested on then.
pub(crate) fn ridden_out<'a>(
    case: &Case<'a>,
    probe: &'a Probe,
    start: DrillTime,
    end: DrillTime,
) -> Option<DrillTime> {
    let looks = case.timeline.looks(&probe.name);
    let green = looks
        .iter()
        .find(|look| look.at == end && look.health == Health::Green);
    own_end(case, &path_of(case, probe, green, end), start, end)
}

/// The last instant up to `end` at which a fault ended by itself that affected what the path goes through: what the
/// primary's outage does no longer matters to a service that has moved away from it.
fn own_end(case: &Case<'_>, path: &Path<'_>, start: DrillTime, end: DrillTime) -> Option<DrillTime> {
    let relevant = case
        .injections
        .iter()
        .filter(|injection| case.impacts(injection, path, Effect::turns_red));
    let ends = relevant.filter_map(|injection| case.fault_run(injection.fault)?.ended);
    // An event is as exact as the clock was.
    let end = end + case.timeline.lag();
    ends.filter(|(at, by)| *by == FaultEnd::Itself && (start..=end).contains(at))
        .map(|(at, _)| at)
        .max()
}

/// What steps changed on the path, by which a red service may have turned green.
fn changes<'a>(
    case: &Case<'a>,
    probe: &Probe,
    path: &Path<'_>,
    start: DrillTime,
    end: DrillTime,
) -> Vec<Act<'a>> {
    let changes = case.changes.iter().zip(&case.effects);
    let within = changes.filter(|(change, _)| (start..=end).contains(&change.at));
    let mending = within.filter(|(change, effect)| mends(probe, path, change, **effect));
    let mending = mending.filter(|(change, _)| lets_in(case, probe, change, start));
    let mending = mending.map(|(change, _)| change);
    let by_step = |change: &&'a Change| match &change.by {
        Changer::Step(step) => Some((change.at, step.as_str())),
        Changer::Other(_) => None,
    };
    mending.filter_map(by_step).collect()
}

/// A policy restores access only to clients that had been refused.
fn lets_in(case: &Case<'_>, probe: &Probe, change: &Change, start: DrillTime) -> bool {
    let is_policy = matches!(change.changed, Changed::Store { .. }) && change.operation.ends_with("Policy");
    // What functions and rules were refused shows in their own words, or not at all.
    if !is_policy || probe.kind.sample().is_none() {
        return true;
    }
    let mut looks = case.timeline.looks(&probe.name).iter();
    looks.any(|look| {
        let turned_away = look.reason.is_none_or(|reason| reason.contains("AccessDenied"));
        look.health == Health::Red && turned_away && (start..=change.at).contains(&look.at)
    })
}

/// Whether a change may have brought a service back whose probe takes this path. An object does only if what a
/// producer had written stands there again, and did not before, where the probe looks.
fn mends(probe: &Probe, path: &Path<'_>, change: &Change, put_back: Option<PutBack>) -> bool {
    match &change.changed {
        Changed::Value {
            store,
            region,
            key,
            left: Left::Body(_),
        } => {
            let looked_at = match probe.kind.reads() {
                Reads::Sample(sample) => {
                    // A version that is too old is no body that the probe accepts, if it looks at all.
                    let accepted = match sample.verify {
                        Verify::Sha256 => put_back == Some(PutBack::Newest),
                        Verify::None => matches!(put_back, Some(PutBack::Newest | PutBack::Older)),
                    };
                    key.starts_with(sample.prefix) && accepted
                }
                // It may read what no producer wrote.
                Reads::Anything => put_back != Some(PutBack::Nothing),
                // What stands there already tells nothing of what comes.
                Reads::ItsOwn => false,
            };
            looked_at && path.iter().any(|resource| resource.is_store_in(store, region))
        }
        Changed::Value { .. } => false,
        Changed::Store { store, region } => {
            path.iter().any(|resource| resource.is_store_in(store, region))
                && OPENING.contains(&change.operation.as_str())
        }
        Changed::Compute { name, region } => path
            .iter()
            .any(|resource| resource.is_of(ResourceClass::Compute, region) && resource.name == name),
        Changed::Stream { region } => path
            .iter()
            .any(|resource| resource.is_of(ResourceClass::Stream, region)),
    }
}

/// The moves of names by which the green was answered from where it was: each from when the client was first answered
/// from there in the course of the incident.
fn moves<'a>(case: &Case<'a>, probe: &'a Probe, green: &ProbeResult<'a>, start: DrillTime) -> Vec<Act<'a>> {
    let looks = case.timeline.looks(&probe.name);
    let looks = || {
        looks
            .iter()
            .filter(|look| look.at >= start && look.at <= green.at)
    };
    let names = case.names_of_probe(probe).into_iter();
    let of_name = |name: &'a str| {
        let region = case.found_in(name, green.into())?;
        let elsewhere = looks()
            .filter(|look| case.found_in(name, (*look).into()) != Some(region))
            .map(|look| look.at)
            .max();
        let first = looks()
            .filter(|look| elsewhere.is_none_or(|elsewhere| look.at > elsewhere))
            .map(|look| look.began)
            .min()?;
        let mut moved = case.timeline.moves.iter();
        let moved = moved.rfind(|moved| moved.name == name && moved.to == region && moved.at <= green.at)?;
        // It was answered from there before anything was moved: no client was redirected.
        (moved.at >= start).then_some((first.max(moved.at), moved.by))
    };
    names.filter_map(of_name).collect()
}
