//! The maximum tolerable downtime: judged on the sum of red time plus the work recovery time.
//!
//! The drill is down while any of its services is: red time that services share counts once. A service
//! with an MTD of its own is judged by that alone.

use std::collections::BTreeMap;

use super::{Assessed, Basis, BasisSpan, Figure, THE_DRILL, blank, fill, gave_up, saturated};
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::measures::provenance::Shares;
use crate::report::{Metric, ObjectiveVerdict};
use crate::scenario::{Expect, ServiceObjective, Source};
use crate::units::{DrillTime, Span};

/// The drill's MTD, unless each of its services has one of its own.
pub(super) fn of_the_drill(case: &Case<'_>, incidents: &[Incident<'_>]) -> Option<Assessed> {
    let objectives = &case.scenario.objectives;
    let services: Vec<&ServiceObjective> = objectives.services.iter().filter(|s| s.mtd.is_none()).collect();
    if services.is_empty() && !objectives.services.is_empty() {
        return None;
    }
    let theirs = |incident: &&Incident<'_>| incident.counts && incident.service.mtd.is_none();
    let incidents: Vec<&Incident<'_>> = incidents.iter().filter(theirs).collect();
    Some(assess(
        case,
        THE_DRILL,
        &services,
        objectives.mtd,
        &objectives.source,
        &incidents,
    ))
}

/// Judges an MTD on the incidents of these services.
pub(super) fn assess(
    case: &Case<'_>,
    name: &str,
    services: &[&ServiceObjective],
    target: Span,
    source: &Source,
    incidents: &[&Incident<'_>],
) -> Assessed {
    let mut objective = blank(name, Metric::Mtd, target, source);
    let spans = union(incidents);
    let wrt = case.scenario.objectives.wrt;
    let red = spans.iter().map(|(from, to)| Shares::between(case, *from, *to));
    let shares = red.fold(Shares::all_modelled(wrt), |sum, shares| sum + shares);
    let figure = Figure {
        length: shares.whole(),
        at_least: incidents.iter().any(|incident| incident.end.is_none()),
        error: error(case, services, incidents),
    };
    fill(&mut objective, figure, shares);
    objective.verdict = verdict(case, services, target, incidents, figure);
    if let Some(what) = services
        .iter()
        .find_map(|service| saturated(case, &service.probe))
        && objective.verdict != ObjectiveVerdict::NotExercised
    {
        objective.verdict = ObjectiveVerdict::Inconclusive;
        let why = format!("The MTD{} cannot be judged: {what}.", of_service(name));
        return Assessed {
            objective,
            why,
            basis: None,
        };
    }
    let why = why(name, target, wrt, figure, objective.verdict);
    let exact = !figure.at_least && !spans.is_empty();
    let basis = exact.then(|| Basis {
        figure,
        target,
        spans: incidents
            .iter()
            .map(|incident| BasisSpan::from_incident(incident, incident.start))
            .collect(),
    });
    Assessed {
        objective,
        why,
        basis,
    }
}

fn verdict(
    case: &Case<'_>,
    services: &[&ServiceObjective],
    target: Span,
    incidents: &[&Incident<'_>],
    figure: Figure,
) -> ObjectiveVerdict {
    let by_the_plan = |incident: &&Incident<'_>| {
        let ride_out = incident.service.expect == Expect::RideOut;
        incident.end.is_none() || incident.by_the_plan() || ride_out
    };
    // A drill that gives up before the MTD is over shows nothing of it.
    let over = case.scenario.give_up + case.scenario.objectives.wrt >= target;
    let given_up = figure.at_least && gave_up(case) && over;
    let missed = given_up || figure.verdict(target) == ObjectiveVerdict::Fail;
    let untouched = !services.is_empty()
        && services
            .iter()
            .all(|service| service.expect == Expect::Unaffected);
    if missed {
        ObjectiveVerdict::Fail
    } else if incidents.is_empty() && untouched && !case.injections.is_empty() {
        ObjectiveVerdict::Unaffected
    } else if !incidents.iter().any(by_the_plan) {
        ObjectiveVerdict::NotExercised
    } else {
        figure.verdict(target)
    }
}

/// Each end of an incident is exact to the interval of its probe; all of them to how late events were. What
/// several services see by one probe is blurred once.
fn error(case: &Case<'_>, services: &[&ServiceObjective], incidents: &[&Incident<'_>]) -> Span {
    let mut blurs: BTreeMap<(&str, DrillTime), Span> = BTreeMap::new();
    for incident in incidents {
        let probe = incident.service.probe.as_str();
        let blur = match incident.end {
            Some(_) => incident.blur,
            None => case.interval(probe),
        };
        let known = blurs.entry((probe, incident.until)).or_default();
        *known = blur.max(*known);
    }
    let least = services
        .iter()
        .map(|service| case.interval(&service.probe))
        .max()
        .unwrap_or_default();
    case.timeline.lag() + blurs.into_values().sum::<Span>().max(least)
}

/// The times in which at least one service was red, in order, without overlap.
fn union(incidents: &[&Incident<'_>]) -> Vec<(DrillTime, DrillTime)> {
    let mut spans: Vec<(DrillTime, DrillTime)> = incidents
        .iter()
        .map(|incident| (incident.start, incident.until))
        .collect();
    spans.sort();
    let mut union: Vec<(DrillTime, DrillTime)> = Vec::new();
    for (from, to) in spans {
        match union.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => union.push((from, to)),
        }
    }
    union
}

fn of_service(name: &str) -> String {
    match name {
        THE_DRILL => String::new(),
        service => format!(" of {service}"),
    }
}

fn why(name: &str, target: Span, wrt: Span, figure: Figure, verdict: ObjectiveVerdict) -> String {
    let work = match wrt {
        Span::ZERO => String::new(),
        wrt => format!(", work recovery time of {wrt} included"),
    };
    let of = of_service(name);
    let figure = figure.describe();
    match verdict {
        ObjectiveVerdict::Pass => format!("The MTD{of} of {target} is met: down for {figure}{work}."),
        ObjectiveVerdict::Fail => format!("The MTD{of} of {target} is missed: down for {figure}{work}."),
        ObjectiveVerdict::Unaffected => format!("The MTD{of} of {target} is untouched: nothing went red."),
        ObjectiveVerdict::NotExercised => {
            format!("The MTD{of} of {target} was not exercised: no step had to recover anything.")
        }
        ObjectiveVerdict::Inconclusive => {
            format!("Whether the MTD{of} of {target} is met cannot be told: down for {figure}{work}.")
        }
    }
}
