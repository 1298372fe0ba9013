//! The words of the reports: figures with units, verdicts and metrics as people say them.
//!
//! Shared by all formats, so that the terminal, the comment and the page say the same in the same words.

use drill::report::{
    ClosedBy, DataSet, Incident, Metric, Objective, ObjectiveVerdict, Protection, Reason, Report, Seconds,
    StandsFor, Step, Verdict,
};
use drill::units::Span;

mod chance;
mod details;
mod events;
mod manager;
mod names;
mod people;
mod register;
mod remedy;
mod simulated;

pub(crate) use chance::*;
pub(crate) use details::*;
pub(crate) use events::*;
pub(crate) use manager::summary;
pub(crate) use names::*;
pub(crate) use people::*;
pub(crate) use register::{address_of, read_after, register, status, tracked};
pub(crate) use remedy::remedy;
pub(crate) use simulated::*;

/// `23m 40s`: seconds as a span of time; beyond a day `7d 23h 25m`.
pub(crate) fn span(seconds: Seconds) -> String {
    const DAY: i64 = 86_400;
    let whole = seconds.abs() as i64;
    if whole > DAY && whole % DAY != 0 {
        let sign = if seconds < 0.0 { "-" } else { "" };
        return format!(
            "{sign}{}d {:02}h {:02}m",
            whole / DAY,
            whole % DAY / 3600,
            whole % 3600 / 60
        );
    }
    Span::from_us((seconds * 1e6).round() as i64).to_string()
}

/// What a larger fleet than the drilled one would do, if the report has it.
pub(crate) fn larger_fleet(report: &Report) -> Option<&StandsFor> {
    report.fleet.as_ref()?.stands_for.as_ref()
}

/// `seal e5b1f0c27d9a`: the beginning tells one run from another.
pub(crate) fn seal(report: &Report) -> String {
    match &report.seal {
        Some(seal) => format!("seal {}", seal.chars().take(12).collect::<String>()),
        None => "not sealed".to_owned(),
    }
}

/// `embedded`; with services that are elsewhere `embedded (s3: http://127.0.0.1:5000)`.
pub(crate) fn cloud(report: &Report) -> String {
    let routes: Vec<String> = report
        .routes
        .iter()
        .map(|route| format!("{}: {}", route.service, route.to))
        .collect();
    match routes.is_empty() {
        true => report.cloud.clone(),
        false => format!("{} ({})", report.cloud, routes.join(", ")),
    }
}

/// `12,345`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 device`, `12 devices`.
pub(crate) fn plural(n: u64, thing: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(n))
}

/// `0.4 %` of a whole; a part that is there is never `0 %`, and one that is not all never `100 %`.
pub(crate) fn share(part: f64, whole: f64) -> String {
    let percent = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    match percent {
        p if p > 0.0 && p < 0.1 => "< 0.1 %".to_owned(),
        p if p > 99.9 && p < 100.0 => "> 99.9 %".to_owned(),
        p if !(10.0..=90.0).contains(&p) && (p - p.round()).abs() > 0.05 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// The text with every character that could steer a terminal, break XML or turn the reading direction
/// replaced; line breaks and tabs become spaces.
pub(crate) fn one_line(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

pub(crate) use drill::text::steers;

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

/// The sentence below the verdict: the decisive reason, or what the verdict means.
pub(crate) fn why(report: &Report) -> String {
    match (report.reasons.first(), report.verdict) {
        (Some(reason), _) => reason.clone(),
        (None, Verdict::Pass) => "Every objective was met.".to_owned(),
        (None, Verdict::Fail) => "At least one objective was missed.".to_owned(),
        (None, Verdict::Inconclusive) => "The drill cannot tell.".to_owned(),
    }
}

/// What to say of a run that did not reach its end.
pub(crate) fn partial(report: &Report) -> String {
    format!(
        "Partial: the run ended before the drill did. The records stop at {} of drill time; what came after is \
         not known.",
        span(report.drill_seconds)
    )
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
    let error = match flip.error_s > 0.0 {
        true => format!(" ± {}", span(flip.error_s)),
        false => String::new(),
    };
    format!(
        "If {} took {}{error} {amount}, {name} would {becomes}.",
        flip.duration,
        span(way * flip.grown_by_s)
    )
}

/// Whether a step kept its window: `✔ in time`, `✘ 5m late`, `✘ not done`.
pub(crate) fn window(step: &Step) -> Option<String> {
    match (step.in_time?, step.late_s) {
        (true, _) => Some("✔ in time".to_owned()),
        (false, Some(late)) => Some(format!("✘ {} late", span(late))),
        (false, None) => Some("✘ not done".to_owned()),
    }
}

/// How long an incident lasted, or at least did.
pub(crate) fn incident_length(incident: &Incident) -> String {
    let length = span(incident.until_s - incident.start_s);
    match incident.end_s {
        Some(_) => length,
        None => format!("at least {length}"),
    }
}

/// What closed an incident: `step restore`, `the fault's own end`.
pub(crate) fn closed_by(incident: &Incident) -> String {
    let step = incident.step.as_deref();
    match (incident.closed_by, step) {
        (Some(ClosedBy::Step), Some(step)) => format!("step {step}"),
        (Some(ClosedBy::Step), None) => "a step of the runbook".to_owned(),
        (Some(ClosedBy::FaultEnd), _) => "the fault's own end".to_owned(),
        (Some(ClosedBy::Itself), _) => "nothing that was done: it came back by itself".to_owned(),
        (Some(ClosedBy::Ambiguous), step) => format!(
            "the fault's own end or step {}: it cannot be told",
            step.unwrap_or("?")
        ),
        (None, _) if incident.unstable_from_s.is_some() => "unstable after recovery: still open".to_owned(),
        (None, _) => "still open".to_owned(),
    }
}

/// What is said of a protection: its kind, of what, and whether it is there.
pub(crate) fn protection(protection: &Protection) -> (&'static str, &'static str) {
    match (protection.holds, &protection.excused) {
        (Some(true), _) => ("✔", "there"),
        (_, Some(_)) => ("–", "not judged"),
        (Some(false), None) => ("✘", "missing"),
        (None, None) => ("?", "not known"),
    }
}

/// Who destroyed writes: `step lose 1, fault loss 12`.
pub(crate) fn causes(set: &DataSet) -> String {
    let causes: Vec<String> = set
        .lost_by_cause
        .iter()
        .map(|cause| format!("{} {}", cause.cause, cause.count))
        .collect();
    causes.join(", ")
}

/// When and why a service was red: `delivery was red from 35m to 52m, closed by step restore: 57 × NoSuchKey`.
pub(crate) fn incident(incident: &Incident) -> String {
    let until = match incident.end_s {
        Some(end) => format!("to {}", span(end)),
        None => "to the end".to_owned(),
    };
    let mut text = format!(
        "{} was red from {} {until}, closed by {}",
        incident.service,
        span(incident.start_s),
        closed_by(incident)
    );
    if incident.end_s.is_none() {
        text = format!(
            "{} was red from {} {until} ({})",
            incident.service,
            span(incident.start_s),
            closed_by(incident)
        );
    }
    let reasons: Vec<String> = incident.reasons.iter().take(3).map(reason).collect();
    if !reasons.is_empty() {
        text.push_str(&format!(": {}", reasons.join("; ")));
    }
    if let Some(red) = incident.red_after_close.filter(|red| *red > 0.0) {
        text.push_str(&format!(". After it {} of the results were red", share(red, 1.0)));
    }
    text
}

/// Why results were red: `57 × objects/000012: NoSuchKey`.
pub(crate) fn reason(reason: &Reason) -> String {
    format!("{} × {}", reason.count, reason.text)
}

/// How many writes of a set did not come back as they were written.
pub(crate) fn damaged(set: &DataSet) -> u64 {
    set.lost.saturating_add(set.corrupted).saturating_add(set.stale)
}

/// How many writes of a set the audit found so; `not known` where it read none back.
pub(crate) fn found(set: &DataSet, n: u64) -> String {
    match (set.counted, n) {
        (0, 0) => "not known".to_owned(),
        (_, n) => count(n),
    }
}

/// How long the lost data reaches back: `40m 05s`, `at least 8d`, `nothing lost`, `not known`.
pub(crate) fn rpa(set: &DataSet) -> String {
    match (set.rpa_s, set.rpa_at_least_s) {
        (Some(_), _) if [set.lost, set.corrupted, set.stale, set.lost_in_failback] == [0; 4] => {
            "nothing lost".to_owned()
        }
        (Some(rpa), _) => span(rpa),
        (None, Some(bound)) => format!("at least {}", span(bound)),
        (None, None) => "not known".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn a_miss_of_milliseconds_is_not_rounded_away() {
        let mut objective = fixtures::passing().report.objectives[0].clone();
        objective.actual_s = Some(objective.target_s + 0.25);
        assert_eq!(achieved(&objective), "3600.250s");
        objective.actual_s = Some(objective.target_s);
        assert_eq!(achieved(&objective), "1h");
    }

    #[test]
    fn unknown_and_bounds_say_so() {
        let mut objective = fixtures::passing().report.objectives[0].clone();
        objective.actual_s = None;
        assert_eq!(achieved_with_error(&objective), "not known");
        assert_eq!(provenance(&objective), None);
        objective.at_least_s = Some(1320.0);
        assert!(achieved_with_error(&objective).starts_with("at least 22m ± "));
        objective.actual_s = objective.at_least_s;
        assert!(achieved_with_error(&objective).starts_with("at least 22m ± "));
    }

    #[test]
    fn what_was_never_read_back_is_not_known() {
        let mut set = fixtures::passing().report.data[0].clone();
        assert_eq!(found(&set, 0), "0");
        (set.counted, set.unknown) = (0, 12);
        assert_eq!(found(&set, 0), "not known");
    }

    #[test]
    fn shares_never_round_to_nothing_or_to_all() {
        assert_eq!(share(1.0, 100_000.0), "< 0.1 %");
        assert_eq!(share(99_999.0, 100_000.0), "> 99.9 %");
        assert_eq!(share(0.0, 5.0), "0 %");
        assert_eq!(share(1.0, 30.0), "3.3 %");
        assert_eq!(share(92_871.0, 93_000.0), "99.9 %");
        assert_eq!(share(50.5, 100.0), "50 %");
        assert_eq!(share(1.0, 1.0), "100 %");
        assert_eq!(share(0.0, 0.0), "0 %");
    }

    #[test]
    fn days_are_days() {
        assert_eq!(span(-689_100.0), "-7d 23h 25m");
        assert_eq!(span(691_200.0), "8d");
        assert_eq!(span(86_399.0), "23h 59m 59s");
        assert_eq!(span(0.312), "312ms");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "device"), "1 device");
        assert_eq!(plural(0, "device"), "0 devices");
    }

    #[test]
    fn nothing_in_a_text_steers_the_reader() {
        assert_eq!(
            one_line("a\u{1b}[31mb\nc\u{202e}d\0"),
            "a\u{fffd}[31mb c\u{fffd}d\u{fffd}"
        );
        assert_eq!(one_line("Zürich 東京 ✔"), "Zürich 東京 ✔");
    }
}
