//! The top of the page: the verdict with its reason, and each objective against its target.

use drill::report::{EMBEDDED, Metric, Objective, ObjectiveVerdict, Report, Verdict};
use maud::{Markup, html};

use super::{section, source};
use crate::{charts, svg, words};

/// What was drilled, and what came out.
pub(super) fn banner(report: &Report) -> Markup {
    let scenario = &report.scenario;
    let heading = if scenario.title.is_empty() {
        &scenario.name
    } else {
        &scenario.title
    };
    html! {
        header {
            p class="brand" { "Firedrill " span { "disaster recovery drill" } }
            h1 { (heading) }
            p class="subject" {
                span class="mono" { (scenario.name) } " · system " b { (scenario.system) }
                @if report.cloud != EMBEDDED || !report.routes.is_empty() { " on " b { (words::cloud(report)) } }
                @if let Some(plan) = &scenario.source { " · " (plan) }
                " · " (when(&report.started_at))
            }
            div class={ "verdict " (tone(report.verdict)) } {
                p class="word" {
                    span class="sign" aria-hidden="true" { (words::verdict_sign(report.verdict)) }
                    (words::verdict(report.verdict))
                }
                div {
                    p class="why" { (words::why(report)) }
                    @if report.reasons.len() > 1 {
                        ul { @for reason in &report.reasons[1..] { li { (reason) } } }
                    }
                    @if !report.basis.text.is_empty() {
                        p class="basis" { (badge("open", "≈", "rests on")) " " (report.basis.text) }
                    }
                }
            }
            @if !report.complete { p class="partial" { (words::partial(report)) } }
        }
    }
}

/// The class for a verdict's colours.
fn tone(verdict: Verdict) -> &'static str {
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
                table class="objectives" {
                    thead {
                        tr {
                            th { "Objective" } th { "Verdict" } th class="number" { "Target" }
                            th class="number" { "Achieved" } th { "Against the target" }
                        }
                    }
                    tbody { @for objective in &report.objectives { (row(report, objective)) } }
                }
            }
            (legend(&report.objectives))
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
                (words::service(&objective.service)) " " b { (words::metric(objective.metric)) }
                div class="small" { (words::metric_in_full(objective.metric)) (source(objective.source.as_ref())) }
            }
            td { (badge(objective_tone(verdict), words::objective_sign(verdict), words::objective_verdict(verdict))) }
            td class="number" { (words::target(objective)) }
            td class="number" {
                b { (words::achieved(objective)) }
                @if let Some(error) = words::error(objective) { div class="small" { (error) } }
                @if let (Metric::Rto, Some(s)) = (objective.metric, objective.actual_from_declaration_s) {
                    div class="small" { (words::span(s)) @if declares { " from the declaration" } @else { " from detection" } }
                }
            }
            td class="bar" {
                @match charts::against_target(objective) {
                    Some(bar) => { (bar) }
                    None => { span class="none" { "no figure" } }
                }
                @if let Some(made_of) = words::provenance(objective) { div class="small" { (made_of) } }
            }
        }
    }
}

/// A word with a sign, framed.
pub(super) fn badge(tone: &str, sign: &str, word: &str) -> Markup {
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
    use crate::fixtures;

    #[test]
    fn the_banner_says_where_services_were_unless_all_were_embedded() {
        let mut report = fixtures::passing().report;
        assert!(!banner(&report).into_string().contains("embedded"));
        report.routes = vec![drill::report::Route {
            service: "s3".into(),
            to: "http://127.0.0.1:5000".into(),
        }];
        let told = "on <b>embedded (s3: http://127.0.0.1:5000)</b>";
        assert!(banner(&report).into_string().contains(told));
    }

    #[test]
    fn stamps_read_well_and_odd_ones_stay() {
        assert_eq!(when("2026-11-21T09:14:03Z"), "2026-11-21 09:14:03 UTC");
        assert_eq!(when("yesterday"), "yesterday");
        assert_eq!(when("2026-11-21T09:14:03+01:00"), "2026-11-21T09:14:03+01:00");
    }
}
