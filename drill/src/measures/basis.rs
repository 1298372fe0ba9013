//! What a verdict rests on: how much of the recovery was done here, and how much is said to take so long.

use super::case::Case;
use super::incidents::Incident;
use super::provenance::{Shares, uncharged, union};
use crate::report::{self, EMBEDDED, Verdict};
use crate::scenario::{DECLARE, Durations, Source, Step, Wait};
use crate::units::{DrillTime, Span};

/// The basis of a verdict.
pub(crate) fn basis(case: &Case<'_>, incidents: &[Incident<'_>], verdict: Verdict) -> report::Basis {
    let counted = incidents.iter().filter(|incident| incident.counts);
    let red = merged(counted.map(|incident| (incident.start, incident.until)).collect());
    let shares = red
        .iter()
        .map(|(from, to)| Shares::between(case, *from, *to))
        .fold(Shares::default(), |sum, part| sum + part);
    let assumed = assumed(case, &red).min(shares.modelled);
    let seconds = shares.in_seconds();
    report::Basis {
        measured_s: seconds.measured,
        modelled_s: seconds.modelled,
        assumed_s: (assumed.as_us() / 1_000) as f64 / 1_000.0,
        observed_s: seconds.observed,
        text: describe(case, verdict, shares, assumed),
    }
}

/// Whether the scenario says how long a step takes: its source is the source of that.
pub(crate) fn states_duration(step: &Step) -> bool {
    step.takes.is_some() || step.id == DECLARE || step.action.is::<Wait>()
}

/// The time whose only source is the author of the scenario. What calls are charged is not part of it: its source is
/// AWS.
pub(crate) fn assumed(case: &Case<'_>, red: &[(DrillTime, DrillTime)]) -> Span {
    let steps = case.scenario.runbook.iter();
    let steps = steps.filter(|step| states_duration(step) && step.source == Source::Assumed);
    let times = steps.filter_map(|step| case.step_run(step)).flat_map(uncharged);
    let clipped = times.flat_map(|(from, to)| {
        red.iter()
            .map(move |(start, end)| (from.max(*start), to.min(*end)))
    });
    union(clipped.filter(|(from, to)| from < to).collect())
}

fn describe(case: &Case<'_>, verdict: Verdict, shares: Shares, assumed: Span) -> String {
    let whole = shares.whole();
    let cloud = match case.timeline.started.as_ref().map_or("", |started| started.cloud) {
        EMBEDDED | "" => "emulated AWS".to_owned(),
        other => format!("{other} in the place of AWS"),
    };
    let verdict = match (verdict, assumed > Span::ZERO) {
        (Verdict::Pass, true) => "PASS on assumptions: ",
        _ => "",
    };
    let parts = match whole {
        Span::ZERO => "nothing was red".to_owned(),
        whole => format!(
            "{assumed} of {whole} are assumed, {}{} were measured here",
            otherwise_modelled(shares.modelled - assumed),
            shares.measured
        ),
    };
    let observed = match shares.observed {
        Span::ZERO => String::new(),
        observed => format!(", {observed} were observed"),
    };
    let durations = durations(case);
    format!("{verdict}{parts}{observed}{durations}; {cloud}, not your account.")
}

/// Which values the durations of steps have, unless they are those by default, which no lucky draw makes shorter.
fn durations(case: &Case<'_>) -> &'static str {
    let has_any = case.scenario.runbook.iter().any(|step| step.takes.is_some());
    match case.durations() {
        Durations::P50 if has_any => "; steps take their median durations",
        Durations::Draw if has_any => "; durations of steps were drawn with the seed",
        _ => "",
    }
}

/// What is modelled and has a source, so that all parts of the whole are named.
fn otherwise_modelled(rest: Span) -> String {
    match rest {
        Span::ZERO => String::new(),
        rest => format!("{rest} are modelled otherwise (waits, durations with a source, charged calls), "),
    }
}

/// Overlapping times as one.
fn merged(mut spans: Vec<(DrillTime, DrillTime)>) -> Vec<(DrillTime, DrillTime)> {
    spans.sort_unstable();
    let mut merged: Vec<(DrillTime, DrillTime)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}
