//! Text of objectives: their names, what was achieved, and where their time comes from.

use drill::report::{Metric, Objective, ObjectiveVerdict, Report, Seconds};

use super::labels::metric;
use super::numbers::{share, span};
use super::people::exercise_kind;

/// The service, or `whole drill` for `*`.
pub(crate) fn service(name: &str) -> &str {
    if name == "*" { "whole drill" } else { name }
}

/// `program-delivery rto`, as flips name their objectives.
pub(crate) fn objective_key(objective: &Objective) -> String {
    objective.key()
}

/// `program-delivery RTO`.
pub(crate) fn objective_name(objective: &Objective) -> String {
    format!("{} {}", service(&objective.service), metric(objective.metric))
}

/// What was achieved, without its error: `23m 40s`, `at least 22m`, `not known`.
///
/// Rounding for people must not hide a miss: where figure and target would read the same though they
/// differ, the figure is given to the millisecond.
pub(crate) fn achieved(objective: &Objective) -> String {
    if objective.metric == Metric::Protection {
        return match objective.verdict {
            ObjectiveVerdict::Pass => "back".to_owned(),
            ObjectiveVerdict::Fail => "not back".to_owned(),
            _ => "not known".to_owned(),
        };
    }
    let exact = |s: Seconds| {
        let short = span(s);
        let hides = s != objective.target_s && short == span(objective.target_s);
        if hides { format!("{s:.3}s") } else { short }
    };
    match (objective.actual_s, objective.at_least_s) {
        (_, Some(bound)) => format!("at least {}", exact(bound)),
        (Some(actual), None) => exact(actual),
        (None, None) => "not known".to_owned(),
    }
}

/// What an objective asks for: `1h`, or that all is back.
pub(crate) fn target(objective: &Objective) -> String {
    match objective.metric {
        Metric::Protection => "back at the end".to_owned(),
        _ => span(objective.target_s),
    }
}

/// `± 31s`, if there is a figure that it belongs to.
pub(crate) fn error(objective: &Objective) -> Option<String> {
    objective
        .actual_s
        .or(objective.at_least_s)
        .map(|_| format!("± {}", span(objective.error_s)))
}

/// `23m 40s ± 31s`.
pub(crate) fn achieved_with_error(objective: &Objective) -> String {
    match error(objective) {
        Some(error) => format!("{} {error}", achieved(objective)),
        None => achieved(objective),
    }
}

/// Why an objective has no clear verdict.
pub(crate) fn why_open(report: &Report, objective: &Objective) -> String {
    if report.exercise.is_some() {
        return format!(
            "not exercised: it was {}, without faults: nothing was down",
            exercise_kind(report)
        );
    }
    match (objective.verdict, objective.actual_s.or(objective.at_least_s)) {
        (ObjectiveVerdict::NotExercised, _) => {
            "not exercised: no step of the runbook was what brought it back; the reasons say why".to_owned()
        }
        (_, None) if objective.metric == Metric::Protection => {
            "inconclusive: what is there at the end is not known".to_owned()
        }
        (_, None) => "inconclusive: the figure is not known".to_owned(),
        (_, Some(figure)) if (figure - objective.target_s).abs() > objective.error_s => format!(
            "inconclusive: {} is not judged against the target of {}; the reasons say why",
            achieved_with_error(objective),
            span(objective.target_s)
        ),
        (_, Some(_)) => format!(
            "inconclusive: {} against a target of {} decides nothing",
            achieved_with_error(objective),
            span(objective.target_s)
        ),
    }
}

/// `If restore took 36m more, program-delivery RTO would be missed.`
pub(crate) fn flip(report: &Report, flip: &drill::report::Flip) -> String {
    let objective = report
        .objectives
        .iter()
        .find(|o| objective_key(o) == flip.objective);
    let name = objective.map_or(flip.objective.clone(), objective_name);
    let becomes = match objective.map(|o| o.verdict) {
        Some(ObjectiveVerdict::Pass) => "be missed",
        Some(ObjectiveVerdict::Fail) => "be met",
        _ => "be judged the other way",
    };
    let (amount, way) = if flip.grown_by_s < 0.0 {
        ("less", -1.0)
    } else {
        ("more", 1.0)
    };
    let error = if flip.error_s > 0.0 {
        format!(" ± {}", span(flip.error_s))
    } else {
        String::new()
    };
    format!(
        "If {} took {}{error} {amount}, {name} would {becomes}.",
        flip.duration,
        span(way * flip.grown_by_s)
    )
}

/// How the parts of a duration came about, in shares of it; `None` where nothing is attributed. A recovery
/// point is no time that anything took: which copies were there rests on a modelled lag, and so it is not
/// called measured.
///
/// What the emulator decided, and not the plan, says so here, too.
pub(crate) fn provenance(objective: &Objective) -> Option<String> {
    let decided = objective.decided_by_emulator.is_some();
    let decided = decided.then(|| "decided by the emulator".to_owned());
    match (made_of(objective), decided) {
        (Some(parts), Some(decided)) => Some(format!("{parts}; {decided}")),
        (parts, decided) => parts.or(decided),
    }
}

fn made_of(objective: &Objective) -> Option<String> {
    if objective.metric == Metric::Rpo {
        return None;
    }
    let whole = objective.actual_s.or(objective.at_least_s)?;
    let parts = [
        ("measured", objective.measured_s),
        ("modelled", objective.modelled_s),
        ("observed", objective.observed_s),
    ];
    let attributed: Seconds = parts.iter().map(|(_, s)| s).sum();
    if attributed <= 0.0 || whole <= 0.0 {
        return None;
    }
    let mut words: Vec<String> = parts
        .iter()
        .filter(|(_, part)| *part > 0.0)
        .map(|(name, part)| format!("{name} {}", share(*part, whole)))
        .collect();
    let rest = whole - attributed;
    if rest > 0.001 * whole {
        words.push(format!("not attributed {}", share(rest, whole)));
    }
    Some(words.join(", "))
}
