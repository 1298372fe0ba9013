//! The top of the page: the verdict with its reason, and each objective against its target.

use drill::report::{Metric, Objective, ObjectiveVerdict, Report, Verdict};
use maud::{Markup, html};

use super::section::{section, source};
use crate::{charts, svg, text};

/// What came out, and why.
pub(super) fn banner(report: &Report) -> Markup {
    html! {
        div class={ "verdict " (tone(report.verdict)) } {
            p class="word" {
                span class="sign" aria-hidden="true" { (text::verdict_sign(report.verdict)) }
                (text::headline(report))
            }
            div {
                p class="why" { (text::why(report)) }
                @if report.reasons.len() > 1 {
                    ul { @for reason in &report.reasons[1..] { li { (reason) } } }
                }
                @if !report.basis.text.is_empty() {
                    p class="basis" { (badge("open", "≈", "rests on")) " " (report.basis.text) }
                }
            }
        }
    }
}

/// The class for a verdict's colours.
pub(super) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Fail => "bad",
        Verdict::Inconclusive => "open",
    }
}

fn objective_tone(verdict: ObjectiveVerdict) -> &'static str {
    match verdict {
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => "good",
        ObjectiveVerdict::Fail => "bad",
        ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised => "open",
    }
}

/// `2026-11-21 09:14:03 UTC` for `2026-11-21T09:14:03Z`; other texts as they are.
pub(super) fn when(stamp: &str) -> String {
    match stamp.strip_suffix('Z').and_then(|s| s.split_once('T')) {
        Some((date, time)) => format!("{date} {time} UTC"),
        None => stamp.to_owned(),
    }
}

/// The table of objectives with a bar each.
pub(super) fn objectives(report: &Report) -> Markup {
    let content = html! {
        @if report.objectives.is_empty() {
            p class="none" { "The scenario sets no objectives, or none was judged." }
        } @else {
            div class="wide" {
                table class="objectives cards" {
                    thead {
                        tr {
                            th { "Objective" } th { "Verdict" } th class="number" { "Target" }
                            th class="number" { "Achieved" } th { "Against the target" }
                        }
                    }
                    @for objective in &report.objectives {
                        tbody { (row(report, objective)) (chance(objective)) }
                    }
                }
            }
            (legend(&report.objectives))
            @if let Some(method) = text::chance_method(report) {
                p class="small" {
                    b { "Modelled, not measured: " } "how often each target would be met in " (method) ". "
                    "An interval of 95 % says how exactly so many disasters tell a chance (Wilson's score)."
                }
            }
        }
    };
    section("objectives", "Objectives", content)
}

fn row(report: &Report, objective: &Objective) -> Markup {
    let verdict = objective.verdict;
    let declares = report.steps.iter().any(|step| step.id == "declare");
    html! {
        tr {
            th scope="row" {
                (text::service(&objective.service)) " " b { (text::metric(objective.metric)) }
                div class="small" { (text::metric_in_full(objective.metric)) (source("target assumed", objective.source.as_ref())) }
            }
            td data-label="Verdict" { (badge(objective_tone(verdict), text::objective_sign(verdict), text::objective_verdict(verdict))) }
            td data-label="Target" class="number" { div { (text::target(objective)) } }
            td data-label="Achieved" class="number" {
                div {
                    b { (text::achieved(objective)) }
                    @if let Some(error) = text::error(objective) { div class="small" { (error) } }
                    @if let (Metric::Rto, Some(s)) = (objective.metric, objective.actual_from_declaration_s) {
                        div class="small" { (text::span(s)) @if declares { " from the declaration" } @else { " from detection" } }
                    }
                }
            }
            td class="bar" {
                @match charts::against_target(objective) {
                    Some(bar) => { (bar) }
                    None => { span class="none" { "no figure" } }
                }
                @if let Some(made_of) = text::provenance(objective) { div class="small" { (made_of) } }
            }
        }
    }
}

/// How often the target would be met in many such disasters, below the row of the one outcome.
fn chance(objective: &Objective) -> Markup {
    html! {
        @if let Some(chance) = text::chance(objective) {
            tr class="chance" {
                td colspan="5" {
                    (badge("open", "≈", "modelled")) " " (chance)
                    @if let Some(other) = text::other_outcome(objective) {
                        p class="other" { span aria-hidden="true" { "! " } (other) }
                    }
                }
            }
        }
    }
}

/// A word with a sign, framed.
pub(crate) fn badge(tone: &str, sign: &str, word: &str) -> Markup {
    html! { span class={ "badge " (tone) } { span aria-hidden="true" { (sign) " " } (word) } }
}

/// The samples of what the bars show.
fn legend(objectives: &[Objective]) -> Markup {
    use svg::Fill;
    let drawn: Vec<Fill> = objectives
        .iter()
        .flat_map(charts::fills)
        .map(|(fill, _)| fill)
        .collect();
    let names = [
        (Fill::Solid, "measured: done here"),
        (Fill::Modelled, "modelled: stands for what did not happen here"),
        (Fill::Observed, "observed: a person took it"),
        (Fill::Lost, "age of the lost data"),
        (Fill::Plain, "of no stated origin"),
    ];
    html! {
        ul class="legend" {
            @for (fill, name) in names.into_iter().filter(|(fill, _)| drawn.contains(fill)) {
                li { (svg::swatch(fill)) (name) }
            }
            li { (svg::line_swatch("m-deadline")) "target" }
            li { (svg::line_swatch("whisker")) "± error of the figure" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_read_well_and_odd_ones_stay() {
        assert_eq!(when("2026-11-21T09:14:03Z"), "2026-11-21 09:14:03 UTC");
        assert_eq!(when("yesterday"), "yesterday");
        assert_eq!(when("2026-11-21T09:14:03+01:00"), "2026-11-21T09:14:03+01:00");
    }
}
