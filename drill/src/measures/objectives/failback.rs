//! The failback objective: what returning home may cost.
//!
//! ```text
//!   step `from` begins        red of one service                every name at home again
//!  ────────┼──────────────────▒▒▒▒▒▒▒▒▒────▒▒▒▒──────────────────────┼────► audit B: nothing lost on the way
//!          └ what begins from here on belongs to the failback
//! ```
//!
//! Judged are the red time of the service that was red longest, the return of every name and of every device, and
//! that nothing was lost on the way: neither what audit A had found, nor what was written after it.

use super::{Assessed, Basis, BasisSpan, Figure, blank, fill, gave_up, saturated};
use crate::journal::AuditId;
use crate::measures::case::Case;
use crate::measures::data::Data;
use crate::measures::incidents::Incident;
use crate::measures::provenance::Shares;
use crate::report::{Metric, ObjectiveVerdict};
use crate::scenario::FailbackObjective;
use crate::units::{DrillTime, Span};

use super::THE_DRILL;

/// What was found of the return.
type Found = (ObjectiveVerdict, String);

/// Judges the return, if the scenario has one.
pub(super) fn assess(case: &Case<'_>, incidents: &[Incident<'_>], data: &[Data<'_>]) -> Option<Assessed> {
    let spec = case.scenario.objectives.failback.as_ref()?;
    let mut objective = blank(THE_DRILL, Metric::Failback, spec.rto, &spec.source);
    let Some(began) = case.failback_began() else {
        objective.verdict = ObjectiveVerdict::NotExercised;
        let why = format!("The failback was not exercised: step {} never began.", spec.from);
        return Some(Assessed {
            objective,
            why,
            basis: None,
        });
    };
    let worst = worst(case, incidents);
    let shares = worst
        .spans
        .iter()
        .map(|(from, to)| Shares::between(case, *from, *to));
    fill(
        &mut objective,
        worst.figure,
        shares.fold(Shares::default(), |sum, part| sum + part),
    );
    let away = away_at(case, began);
    let (verdict, outcome) = [
        still_away(case),
        devices_away(case),
        lost(data),
        red(case, spec, &worst),
        nothing_to_return(&away),
        unknown(case, data),
    ]
    .into_iter()
    .flatten()
    .max_by_key(|(verdict, _)| weight(*verdict))
    .unwrap_or((ObjectiveVerdict::Pass, String::new()));
    objective.verdict = verdict;
    let why = match verdict {
        ObjectiveVerdict::Pass => {
            format!(
                "The failback met its RTO of {}: {} came home, red for {} at most, and nothing was lost on the way.",
                spec.rto,
                away.join(", "),
                worst.figure.describe()
            )
        }
        _ => outcome,
    };
    let exact = !worst.figure.at_least && !worst.spans.is_empty();
    let basis = exact.then_some(Basis {
        figure: worst.figure,
        target: spec.rto,
        spans: worst.closed,
    });
    Some(Assessed {
        objective,
        why,
        basis,
    })
}

/// Which finding stands for all of them.
fn weight(verdict: ObjectiveVerdict) -> u8 {
    match verdict {
        ObjectiveVerdict::Fail => 3,
        ObjectiveVerdict::NotExercised => 2,
        ObjectiveVerdict::Inconclusive => 1,
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => 0,
    }
}

/// The red time of the service that was red longest on the way.
struct Worst {
    service: String,
    figure: Figure,
    spans: Vec<(DrillTime, DrillTime)>,
    closed: Vec<BasisSpan>,
    saturated: Option<String>,
}

fn worst(case: &Case<'_>, incidents: &[Incident<'_>]) -> Worst {
    let services = case.scenario.objectives.services.iter();
    let of_service = services.map(|service| {
        let theirs = || {
            incidents
                .iter()
                .filter(|incident| incident.failback && incident.service.name == service.name)
        };
        let interval = case.interval(&service.probe);
        let blurs = theirs().map(|incident| incident.blur);
        Worst {
            service: service.name.clone(),
            figure: Figure {
                length: theirs().map(Incident::length).sum(),
                at_least: theirs().any(|incident| incident.end.is_none()),
                error: case.timeline.lag() + blurs.sum::<Span>().max(interval),
            },
            spans: theirs()
                .map(|incident| (incident.start, incident.until))
                .collect(),
            closed: theirs()
                .map(|incident| BasisSpan::from_incident(incident, incident.start))
                .collect(),
            saturated: saturated(case, &service.probe),
        }
    });
    let mut all: Vec<Worst> = of_service.collect();
    let limited = all.iter_mut().find_map(|worst| worst.saturated.take());
    let most = |worst: &Worst| (worst.figure.at_least, worst.figure.length + worst.figure.error);
    let mut worst = all.into_iter().max_by_key(most).unwrap_or(Worst {
        service: String::new(),
        figure: Figure::default(),
        spans: Vec::new(),
        closed: Vec::new(),
        saturated: None,
    });
    worst.saturated = limited;
    worst
}

fn red(case: &Case<'_>, spec: &FailbackObjective, worst: &Worst) -> Option<Found> {
    let Worst {
        service,
        figure,
        saturated,
        ..
    } = worst;
    if let Some(what) = saturated {
        let text = format!("The failback cannot be judged: {what}.");
        return Some((ObjectiveVerdict::Inconclusive, text));
    }
    let still = figure.at_least && gave_up(case);
    let verdict = if still {
        ObjectiveVerdict::Fail
    } else {
        figure.verdict(spec.rto)
    };
    let red = format!("{service} was red for {} on the way home", figure.describe());
    let text = match verdict {
        ObjectiveVerdict::Pass => return None,
        ObjectiveVerdict::Fail => format!("The failback missed its RTO of {}: {red}.", spec.rto),
        _ => format!(
            "Whether the failback met its RTO of {} cannot be told: {red}.",
            spec.rto
        ),
    };
    Some((verdict, text))
}

/// The names that do not point home at `at`.
fn away_at<'a>(case: &Case<'a>, at: DrillTime) -> Vec<&'a str> {
    let names = case.scenario.names().into_iter();
    names
        .filter(|name| case.region_of(name, at) != case.scenario.home_of(name))
        .collect()
}

fn still_away(case: &Case<'_>) -> Option<Found> {
    let away = away_at(case, DrillTime::MAX);
    let verdict = if case.timeline.complete() {
        ObjectiveVerdict::Fail
    } else {
        ObjectiveVerdict::Inconclusive
    };
    let text = || {
        format!(
            "The failback never returned: {} did not point home at the end.",
            away.join(", ")
        )
    };
    (!away.is_empty()).then(|| (verdict, text()))
}

/// Devices whose connections outlived the return of the name, and that deliver elsewhere still.
fn devices_away(case: &Case<'_>) -> Option<Found> {
    let away = case.devices_elsewhere();
    let verdict = if case.timeline.complete() {
        ObjectiveVerdict::Fail
    } else {
        ObjectiveVerdict::Inconclusive
    };
    let text = || {
        let away: Vec<String> = away
            .iter()
            .map(|(region, devices)| format!("{devices} devices in region {region}"))
            .collect();
        format!("The failback left {} at the end.", away.join(", "))
    };
    (!away.is_empty()).then(|| (verdict, text()))
}

fn nothing_to_return(away: &[&str]) -> Option<Found> {
    let text = || "The failback was not exercised: no name was away from home when it began.".to_owned();
    away.is_empty().then(|| (ObjectiveVerdict::NotExercised, text()))
}

fn lost(data: &[Data<'_>]) -> Option<Found> {
    let losers = data.iter().filter(|data| data.counts.lost_in_failback > 0);
    let lost: Vec<String> = losers
        .map(|data| format!("{} writes of {}", data.counts.lost_in_failback, data.spec.name))
        .collect();
    let text = || format!("The failback lost what was there before it: {}.", lost.join(", "));
    (!lost.is_empty()).then(|| (ObjectiveVerdict::Fail, text()))
}

/// Nothing is known of losses where an audit is not whole.
fn unknown(case: &Case<'_>, data: &[Data<'_>]) -> Option<Found> {
    let whole = |id| {
        case.timeline
            .audit(id)
            .is_some_and(|run| run.complete == Some(true))
    };
    let text = match (whole(AuditId::A), whole(AuditId::B)) {
        _ if data.is_empty() => return None,
        (true, true) if data.iter().all(|data| data.counts.unknown_at_end == 0) => return None,
        (false, _) => "audit A is not complete",
        (_, false) => "audit B is not complete",
        _ => "audit B could not read everything",
    };
    let text = format!("Whether the failback lost anything cannot be told: {text}.");
    Some((ObjectiveVerdict::Inconclusive, text))
}
