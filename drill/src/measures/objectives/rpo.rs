//! The recovery point objective of a service: judged on the recovery point of its data set.

use super::{Assessed, Figure, blank, fill};
use crate::measures::case::Case;
use crate::measures::data::Data;
use crate::measures::data::damage::Cause;
use crate::measures::incidents::Incident;
use crate::measures::late;
use crate::measures::provenance::Shares;
use crate::report::{Metric, Objective, ObjectiveVerdict};
use crate::scenario::{DataKind, Expect, ServiceObjective};
use crate::units::Span;

pub(super) fn assess(
    case: &Case<'_>,
    service: &ServiceObjective,
    target: Span,
    incidents: &[&Incident<'_>],
    data: Option<&Data<'_>>,
) -> Assessed {
    let mut objective = blank(&service.name, Metric::Rpo, target, &service.source);
    let Some(data) = data else {
        let why = format!("{}: its RPO has no data set to be judged on.", service.name);
        return Assessed {
            objective,
            why,
            basis: None,
        };
    };
    let late = late::in_recovery_point(case, data);
    let figure = figure(case, data, late);
    // When writes were produced is what the ledger measured, and nothing else makes a recovery point.
    let shares = Shares {
        measured: figure.length,
        ..Shares::default()
    };
    let doubts = doubts(case, data, target);
    let suffered = case
        .injections
        .iter()
        .any(|injection| case.breaks(injection, data.spec));
    let recovered = incidents.iter().any(|incident| exercises(service, incident));
    let exercised = data.damaged() || (suffered && recovered);
    let (verdict, outcome) = match (doubts.first(), service.expect) {
        (Some(doubt), _) => (
            ObjectiveVerdict::Inconclusive,
            format!("cannot be judged: {doubt}"),
        ),
        // The whole loss may be one for want of copies that were made late.
        (None, Expect::Unaffected)
            if data.damaged() && late > Span::ZERO && figure.length <= figure.error =>
        {
            decided_by_late_copies(case, data, figure, late, &mut objective)
        }
        (None, Expect::Unaffected) if data.damaged() => (
            ObjectiveVerdict::Fail,
            format!("is missed: {}, though none was expected", loss(data, figure)),
        ),
        (None, Expect::Unaffected) => (
            ObjectiveVerdict::Unaffected,
            "is untouched: nothing was lost".to_owned(),
        ),
        (None, _) if !suffered && !exercised => (
            ObjectiveVerdict::NotExercised,
            "was not exercised: no fault touched what its data rests on".to_owned(),
        ),
        (None, _) if !exercised => (
            ObjectiveVerdict::NotExercised,
            "was not exercised: it never went red for a step to recover".to_owned(),
        ),
        (None, _) if late > Span::ZERO && figure.verdict(target) != figure.sharper(late).verdict(target) => {
            decided_by_late_copies(case, data, figure, late, &mut objective)
        }
        (None, _) => judged(data, figure, target),
    };
    if data.counts_anything() {
        fill(&mut objective, figure, shares);
    }
    objective.verdict = verdict;
    let why = format!(
        "The RPO of {} ({target}, on {}) {outcome}.",
        service.name, data.spec.name
    );
    Assessed {
        objective,
        why,
        basis: None,
    }
}

fn judged(data: &Data<'_>, figure: Figure, target: Span) -> (ObjectiveVerdict, String) {
    let verdict = figure.verdict(target);
    let outcome = match verdict {
        ObjectiveVerdict::Pass => "is met",
        ObjectiveVerdict::Fail => "is missed",
        _ if figure.at_least => "cannot be judged, since no older write survived to date the loss exactly",
        _ => "cannot be judged, since the figure is too inexact",
    };
    (verdict, format!("{outcome}: {}", loss(data, figure)))
}

/// The figure would tell something, had the cloud made its copies in time.
fn decided_by_late_copies(
    case: &Case<'_>,
    data: &Data<'_>,
    figure: Figure,
    late: Span,
    objective: &mut Objective,
) -> (ObjectiveVerdict, String) {
    let why = late::describe(case, data.spec.kind.store(), late);
    let outcome = format!("cannot be judged, since {why}: {}", loss(data, figure));
    objective.decided_by_emulator = Some(why);
    (ObjectiveVerdict::Inconclusive, outcome)
}

/// A red that the plan had to recover from exercises the data, too.
fn exercises(service: &ServiceObjective, incident: &Incident<'_>) -> bool {
    service.expect == Expect::RideOut || incident.end.is_none() || incident.by_the_plan()
}

/// The recovery point, exact to the epochs that its bounds fall into, to how late events were and to how late copies
/// were.
fn figure(case: &Case<'_>, data: &Data<'_>, late: Span) -> Figure {
    if !data.damaged() {
        return Figure::default();
    }
    Figure {
        length: data.rpa.length,
        at_least: !data.rpa.exact,
        error: data.rpa.resolution + lag(case, data) + late,
    }
}

/// How late the events were that date the writes of a data set, what devices do among them where they produce it.
fn lag(case: &Case<'_>, data: &Data<'_>) -> Span {
    let lag = case.timeline.lag();
    match &data.spec.kind {
        DataKind::Stream { .. } => lag.max(case.timeline.fleet_lag()),
        DataKind::Keyed { .. } => lag,
    }
}

/// Everything that keeps the RPO from being judged.
fn doubts(case: &Case<'_>, data: &Data<'_>, target: Span) -> Vec<String> {
    let mut doubts = data.doubts.clone();
    if !data.counts_anything() {
        doubts.push("no write was counted".to_owned());
    }
    doubts.extend(data.too_thin(case, target));
    doubts
}

/// `47 of 570 writes did not come back (step lose), a recovery point of 40m ± 10s`, and what was gone again at the end.
fn loss(data: &Data<'_>, figure: Figure) -> String {
    let Some(worst) = data.worst() else {
        return "nothing was lost".to_owned();
    };
    let mut parts = Vec::new();
    if data.counts.damaged() > 0 {
        let (damaged, counted) = (data.counts.damaged(), data.counts.counted());
        parts.push(format!("{damaged} of {counted} writes did not come back"));
    }
    if data.counts.lost_in_failback > 0 {
        parts.push(format!(
            "{} that stood once the service was back were gone at the end",
            data.counts.lost_in_failback
        ));
    }
    let mut causes: Vec<Cause<'_>> = data.counts.damages.iter().map(|damage| damage.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    causes.retain(|cause| *cause != Cause::Unknown);
    let names: Vec<String> = causes.iter().map(|cause| cause.describe()).collect();
    let of = match worst.of {
        _ if causes.is_empty() => String::new(),
        // The cause that destroyed it is not always the one that dates it.
        of if of != Cause::Unknown && causes != [of] => {
            format!(" (dated by {}; destroyed by {})", of.describe(), names.join(", "))
        }
        _ => format!(" ({})", names.join(", ")),
    };
    format!(
        "{}, a recovery point of {}{of}",
        parts.join(" and "),
        figure.describe()
    )
}
