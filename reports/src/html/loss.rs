//! The statement of data loss: of each data set what was lost, how far back, and against which target.

use drill::report::{DataSet, Judged, Metric, ObjectiveVerdict, Seconds};
use maud::{Markup, html};

use super::figures::figure;
use super::section::section;
use crate::{charts, text};

/// The section.
pub(super) fn loss(judged: &Judged) -> Markup {
    let sets = &judged.report.data;
    let content = html! {
        @if judged.report.exercise.is_some() { p class="none" { "No data was at risk: no fault was injected." } }
        @else if sets.is_empty() { p class="none" { "No data was judged." } }
        @else { p { b { (statement(judged)) } } }
        @for set in sets { (data_set(judged, set)) }
    };
    section("loss", "Data loss", content)
}

/// All sets in a sentence.
fn statement(judged: &Judged) -> String {
    let report = &judged.report;
    let counted = report
        .data
        .iter()
        .map(|set| set.counted)
        .fold(0, u64::saturating_add);
    let lost = report.data.iter().map(text::damaged).fold(0, u64::saturating_add);
    let missed = report
        .objectives
        .iter()
        .filter(|one| one.metric == Metric::Rpo && one.verdict == ObjectiveVerdict::Fail)
        .count() as u64;
    let targets = match (
        missed,
        report
            .objectives
            .iter()
            .filter(|one| one.metric == Metric::Rpo)
            .count(),
    ) {
        (_, 0) => "No recovery point objective is set.".to_owned(),
        (0, _) => "No recovery point objective is missed.".to_owned(),
        (n, _) => format!(
            "{} missed.",
            match n {
                1 => "One recovery point objective is".to_owned(),
                n => format!("{n} recovery point objectives are"),
            }
        ),
    };
    match (counted, lost) {
        (0, _) => format!("No write was counted: whether data was lost is not known. {targets}"),
        (_, 0) => format!(
            "Of {} that were counted, none was lost, corrupted or stale. {targets}",
            text::plural(counted, "write")
        ),
        (counted, lost) => format!(
            "Of {} that were counted, {} ({}) did not come back as written: lost, corrupted or stale. {targets}",
            text::plural(counted, "write"),
            text::count(lost),
            text::share(lost as f64, counted as f64)
        ),
    }
}

fn data_set(judged: &Judged, set: &DataSet) -> Markup {
    let targets: Vec<(String, Seconds)> = judged
        .charts
        .recovery_points
        .iter()
        .filter(|point| point.data == set.name)
        .map(|point| (point.service.clone(), point.target.as_secs_f64()))
        .collect();
    html! {
        h3 { (set.name) }
        @match charts::outcomes(set) {
            Some((drawing, legend)) => figure {
                div class="wide" { (drawing) }
                ul class="legend" { @for (sample, name) in legend { li { (sample) (name) } } }
            }
            None => p class="none" { "No write was counted." }
        }
        (figure(charts::recovery_point(set, &targets), &no_point(set), span(set)))
        @if !set.lost_by_cause.is_empty() { p class="small" { "Destroyed by: " (text::causes(set)) "." } }
    }
}

/// Why there is no recovery point to draw.
fn no_point(set: &DataSet) -> String {
    match text::rpa(set).as_str() {
        "nothing lost" => "Nothing was lost, corrupted or stale: the recovery point is 0.".to_owned(),
        "not known" => "The recovery point is not known.".to_owned(),
        known => format!("The lost data spans {known}."),
    }
}

/// The recovery point as text.
fn span(set: &DataSet) -> Markup {
    html! {
        "The lost data spans " b { (text::rpa(set)) } ": " (text::span(set.rpa_before_fault_s))
        " before the fault and " (text::span(set.rpa_after_fault_s)) " after it"
        @if set.resolution_s > 0.0 { ", each write dated to ± " (text::span(set.resolution_s)) }
        @else { ", each write dated exactly" }
        "."
        @if set.rpa_s.is_none() { " No older write survived: it may reach further back." }
    }
}
