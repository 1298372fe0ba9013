//! The tables of the page: targets, durations, changes, the worst runs, assumptions.

use forecast::plan::study::{Duration, Study, Target, WhatIf, WorstRun};
use maud::{Markup, html};

use super::{advice, text};
use crate::html::section;
use crate::text::{count, plural};

/// So many changes are listed; `forecast.json` has all.
const MOST_CHANGES: usize = 60;
/// So many services stand beside a duration.
const MOST_SERVICES: usize = 3;
/// The quantiles that are shown, with their names.
const SHOWN: [(u32, &str); 6] = [
    (5, "5 in 100 within"),
    (50, "Median"),
    (90, "90 in 100"),
    (95, "95 in 100"),
    (99, "99 in 100"),
    (100, "Longest"),
];

/// All tables that there is something for.
pub(super) fn all(study: &Study) -> Markup {
    html! {
        @if !study.targets.is_empty() { (section("targets", "Targets", targets(study))) }
        @if !study.durations.is_empty() { (section("durations", "Durations", durations(study))) }
        @if !study.what_if.is_empty() { (section("what-if", "What changes of durations would do", what_if(study))) }
        @if !study.worst.is_empty() { (section("worst", "The longest outages", worst(study))) }
        @if !study.assumptions.is_empty() { (section("assumptions", "What the model takes for granted", assumptions(study))) }
    }
}

fn targets(study: &Study) -> Markup {
    html! {
        div class="wide" {
            table class="records" {
                thead { tr {
                    th { "Target" }
                    @for name in ["Met", "95 % interval"].into_iter().chain(SHOWN.map(|shown| shown.1)) { th class="number" { (name) } }
                    th class="number" { "Not back, lost" }
                } }
                tbody { @for target in &study.targets { (target_row(study, target)) } }
            }
        }
        p class="small" { "Modelled, over " (plural(study.runs, "disaster")) ". Not back: not by the end of the run, which counts as longer than every time." }
    }
}

fn target_row(study: &Study, target: &Target) -> Markup {
    let beyond = text::beyond(target.metric);
    html! { tr {
        th scope="row" { (text::target(target)) }
        td class="number" { b { (text::percent(target.chance)) } }
        td class="number" { (text::interval(target.chance_low, target.chance_high)) }
        @for (percent, _) in SHOWN {
            td class="number" {
                @match super::quantile(&target.figure, percent) {
                    Some(value) => (text::against(value, target.target_s)),
                    None => (text::quantile_or(&target.figure, percent, beyond)),
                }
            }
        }
        td class="number" { (text::part(target.figure.beyond, study.runs)) }
    } }
}

fn durations(study: &Study) -> Markup {
    html! {
        div class="wide" {
            table class="records" {
                thead { tr {
                    th { "Duration" }
                    th { "Where it comes from" }
                    @for name in ["Median", "95 in 100", "Longest", "Critical path", "Share", "Took place", "Failed"] { th class="number" { (name) } }
                    th { "Rank correlation with" }
                } }
                tbody { @for duration in &study.durations { (duration_row(study, duration)) } }
            }
        }
        p class="small" {
            "Modelled. Detection counts from the first fault. Critical path: in so many disasters the longest recovery waits for it; "
            "share: of the longest recovery time, on average. A rank correlation of 1: the longer it takes, the longer the service "
            "is down; 0: they have nothing to do with each other."
        }
    }
}

fn duration_row(study: &Study, duration: &Duration) -> Markup {
    html! { tr {
        th scope="row" { (duration.name) }
        td { @if duration.action != duration.name { span class="mono" { (duration.action) } ": " } (duration.basis) }
        @for percent in [50, 95, 100] { td class="number" { (text::quantile_or(&duration.length, percent, "not ended")) } }
        td class="number" { (text::percent(duration.critical)) }
        td class="number" { (text::percent(duration.share)) }
        td class="number" { (text::part(duration.runs, study.runs)) }
        td class="number" { (text::part(duration.failed, study.runs)) }
        td { (correlations(duration)) }
    } }
}

/// The strongest correlations, one below the other.
fn correlations(duration: &Duration) -> Markup {
    let known = duration
        .correlations
        .iter()
        .filter_map(|of| Some((of.service.as_str(), of.rank?)));
    let mut known: Vec<(&str, f64)> = known.collect();
    known.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    html! {
        @if known.is_empty() { "–" }
        @for (service, rank) in known.iter().take(MOST_SERVICES) { div { (service) " " (text::rank(*rank)) } }
        @if known.len() > MOST_SERVICES { div class="small" { "and " (known.len() - MOST_SERVICES) " weaker" } }
    }
}

fn what_if(study: &Study) -> Markup {
    let changes =
        |change: &&WhatIf| advice::gain(change) != 0.0 || change.median_before_s != change.median_after_s;
    let mut changing: Vec<&WhatIf> = study.what_if.iter().filter(changes).collect();
    changing.sort_by(|a, b| advice::gain(b).abs().total_cmp(&advice::gain(a).abs()));
    let (still, less) = (
        study.what_if.len() - changing.len(),
        changing.len().saturating_sub(MOST_CHANGES),
    );
    html! {
        div class="wide" {
            table class="records" {
                thead { tr {
                    th { "Change" }
                    th { "Target" }
                    @for name in ["Met before", "Met after", "Median before", "Median after", "Disasters"] { th class="number" { (name) } }
                } }
                tbody { @for change in changing.iter().take(MOST_CHANGES) { (change_row(change)) } }
            }
        }
        p class="small" {
            "Modelled, on the same disasters with and without the change, what changes most first. "
            @if less > 0 { "Left out here, since they change less: " (less) " (forecast.json has them). " }
            @if still > 0 { "Left out, since they change nothing: " (still) "." }
        }
    }
}

fn change_row(change: &WhatIf) -> Markup {
    html! { tr {
        th scope="row" { (advice::change(change)) }
        td { (text::objective(&change.service, change.metric)) }
        td class="number" { (text::percent(change.before)) }
        td class="number" { b { (text::percent(change.after)) } }
        td class="number" { (advice::median(change.median_before_s, change.metric)) }
        td class="number" { (advice::median(change.median_after_s, change.metric)) }
        td class="number" { (count(change.runs)) }
    } }
}

fn worst(study: &Study) -> Markup {
    html! {
        p {
            "The disasters in which a service is down longest. The command drills one live, and what it finds is then measured as "
            "far as work is done. " (text::REPLAYED)
        }
        div class="wide" {
            table class="records" {
                thead { tr { th { "Service" } th { "Why" } th { "Missed" } th { "Drill it live" } } }
                tbody { @for run in &study.worst { (worst_row(study, run)) } }
            }
        }
    }
}

fn worst_row(study: &Study, run: &WorstRun) -> Markup {
    html! { tr {
        th scope="row" { (run.service) " " b { (text::down(run)) } }
        td {
            @if run.because.is_empty() { "–" }
            @for extreme in &run.because { div { (text::extreme(extreme)) } }
        }
        td { @if run.missed.is_empty() { "nothing" } @for missed in &run.missed { div { (text::missed(missed)) } } }
        td class="mono" { (text::replay(study, run.seed)) }
    } }
}

/// What goes wrong in some of the runs.
pub(super) fn findings(study: &Study) -> Markup {
    html! {
        ul { @for finding in &study.findings {
            li {
                (text::finding(study, finding)) "."
                @if let Some(line) = finding.line { " " span class="source" { "line " (line) } }
            }
        } }
    }
}

fn assumptions(study: &Study) -> Markup {
    html! {
        @if study.assumptions.iter().any(|assumption| assumption.line.is_some()) {
            p class="small" { "Lines are those of " span class="mono" { (study.file) } "." }
        }
        ul { @for assumption in &study.assumptions {
            li {
                (assumption.text)
                @if let Some(line) = assumption.line { " " span class="source" { "line " (line) } }
            }
        } }
    }
}
