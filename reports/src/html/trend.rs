//! The recovery times and recovery points of earlier drills of this scenario, beside those of this one.

use drill::details::{Details, EarlierDrill};
use drill::report::{Metric, Report};
use maud::{Markup, html};

use super::section::section;
use super::table::{Row, cards, number, text as column};
use super::verdict::{badge, tone};
use crate::charts;
use crate::text;

/// Services whose figures are drawn.
const MOST: usize = 4;

/// The section.
pub(super) fn trend(report: &Report) -> Markup {
    let nothing = Details::default();
    let details = report.details.as_ref().unwrap_or(&nothing);
    let content = html! {
        @if report.exercise.is_some() {
            p class="none" {
                "In this exercise nothing was broken: it has no figures to set beside those of "
                (text::plural(details.earlier.len() as u64, "earlier drill")) " on record."
            }
        } @else if details.earlier.is_empty() {
            p class="none" { "No earlier complete drill of this scenario was recorded when this one began: there is no trend yet." }
        } @else {
            (drawn(report))
            p class="small" {
                "The earlier figures are those of the reports in the folders of these runs, as they stood when this drill began. "
                "The dashes are the targets of each drill"
                @if changed(&details.earlier, report) { "; the scenario was changed in between, so that its drills compare only in part" }
                "."
                @if details.earlier_left_out > 0 {
                    " " (text::plural(details.earlier_left_out, "earlier run")) " more: older, without an end, of a suite of `firedrill ci`, or an exercise in which nothing was broken."
                }
            }
        }
    };
    section("trend", "Earlier drills", content)
}

/// Whether not all drills were of the same scenario file.
fn changed(earlier: &[EarlierDrill], report: &Report) -> bool {
    earlier
        .iter()
        .any(|one| one.scenario_sha256 != report.scenario.sha256)
}

fn services(report: &Report) -> Vec<&str> {
    let judged = |metric: Metric| matches!(metric, Metric::Rto | Metric::Rpo);
    let mut names: Vec<&str> = Vec::new();
    for objective in report.objectives.iter().filter(|one| judged(one.metric)) {
        if !names.contains(&objective.service.as_str()) {
            names.push(&objective.service);
        }
    }
    names
}

fn drawn(report: &Report) -> Markup {
    let all = services(report);
    html! {
        @for service in all.iter().take(MOST) {
            h3 { (text::service(service)) }
            @for (metric, name) in [(Metric::Rto, "RTA"), (Metric::Rpo, "RPA")] {
                @let points = charts::points(report, service, metric);
                @let moves = points.iter().flatten().any(|one| one.figure.is_some_and(|s| s > 0.0));
                @if let Some(drawing) = charts::trend(name, &points).filter(|_| moves) {
                    figure { div class="wide" { (drawing) } }
                }
            }
            @if untouched(report, service) {
                p class="small" { "RTA and RPA are 0 in this drill and in each earlier one." }
            } @else {
                (numbers(report, service))
            }
        }
        @if all.len() > MOST { p class="small" { (text::plural((all.len() - MOST) as u64, "further service")) ": report.json has their figures." } }
    }
}

/// Whether every drill has judged a service, and nothing ever happened to it.
fn untouched(report: &Report, service: &str) -> bool {
    let zero = |metric: Metric| {
        let points = charts::points(report, service, metric);
        points.iter().all(|one| {
            one.as_ref()
                .is_some_and(|one| one.figure == Some(0.0) && !one.bound)
        })
    };
    zero(Metric::Rto) && zero(Metric::Rpo)
}

fn numbers(report: &Report, service: &str) -> Markup {
    let this = EarlierDrill::from_report("this drill", report);
    let earlier = report.details.iter().flat_map(|details| &details.earlier);
    let rto = charts::points(report, service, Metric::Rto);
    let rpo = charts::points(report, service, Metric::Rpo);
    let cell = |point: Option<&charts::Point>| match point {
        Some(point) => {
            html! { (point.text()) div class="small" { (text::objective_verdict(point.verdict)) ", target " (text::span(point.target)) } }
        }
        None => html! { "–" },
    };
    let rows: Vec<Row> = earlier
        .chain([&this])
        .zip(rto.iter().zip(&rpo))
        .map(|(drill, (rto, rpo))| {
            let plan = drill.plan_sha256.as_ref().map_or("–".to_owned(), |hash| hash.chars().take(12).collect());
            Row::new(vec![
                html! { (text::date(&drill.started_at)) div class="small mono" { (drill.run) } },
                html! { (badge(tone(drill.verdict), text::verdict_sign(drill.verdict), text::verdict(drill.verdict))) },
                cell(rto.as_ref()),
                cell(rpo.as_ref()),
                html! { span class="mono" { (plan) } },
            ])
        })
        .collect();
    cards(
        &[
            column("Drill"),
            column("Verdict"),
            number("RTA"),
            number("RPA"),
            column("Plan's SHA-256"),
        ],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use drill::report::ExerciseSummary;
    use drill::scenario::Exercise;

    #[test]
    fn an_exercise_without_faults_is_no_drill_of_the_trend() {
        let mut report = fixtures::quarterly().report;
        assert!(trend(&report).into_string().contains("RTA over"));
        report.exercise = Some(ExerciseSummary {
            kind: Exercise::Tabletop,
            complete: true,
            people: vec![],
            text: String::new(),
        });
        let page = trend(&report).into_string();
        assert!(
            page.contains("nothing was broken") && !page.contains("RTA over"),
            "{page}"
        );
    }
}
