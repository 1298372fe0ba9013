//! The charts with their captions and legends.

use drill::report::{DataSet, Judged, Seconds};
use maud::{Markup, html};

use super::section;
use crate::charts::{self, Chart};
use crate::timeline::{self, Timeline};
use crate::words;

/// All charts that there is data for.
pub(super) fn all(judged: &Judged) -> Markup {
    html! {
        (section("recovery", "Recovery", recovery(judged)))
        (section("data", "Data", data(judged)))
        (section("probes", "Health of the services", figure(charts::probes(judged), "No probe has a result.", html! {})))
        (section("fleet", "Fleet", fleet(judged)))
    }
}

/// A chart with its legend, or the sentence that says why there is none.
fn figure(chart: Option<Chart>, none: &str, caption: Markup) -> Markup {
    html! {
        @if let Some(chart) = chart {
            figure {
                div class="wide" { (chart.drawing) }
                ul class="legend" { @for (sample, name) in chart.legend { li { (sample) (name) } } }
                figcaption { (caption) }
            }
        } @else {
            p class="none" { (none) }
        }
    }
}

fn recovery(judged: &Judged) -> Markup {
    let beyond = charts::beyond(judged);
    let caption = html! {
        "A bar's fills are the shares of its time, in no order within the bar. "
        @if !beyond.is_empty() {
            "Beyond the right edge: " b { (beyond.join(", ")) } ". "
        }
        @if !judged.report.complete { b { "The run was interrupted: torn bars end where the records do." } }
    };
    let chart = charts::recovery(judged);
    html! {
        (figure(chart, "No outage and no step is on record.", caption))
        (zero(judged))
    }
}

/// Where the charts' zero lies.
fn zero(judged: &Judged) -> Markup {
    let line = Timeline::of(&judged.report);
    html! {
        @if line.from_fault {
            p class="small" {
                "In all charts, 0 is the first fault, which struck at " (words::span(line.zero))
                " of drill time; the records end " (words::span(timeline::end(judged))) " after it."
            }
        } @else if judged.report.drill_seconds > 0.0 {
            p class="small" { "No fault struck: in all charts, 0 is the start of the drill." }
        }
    }
}

fn data(judged: &Judged) -> Markup {
    let sets = &judged.report.data;
    html! {
        @if sets.is_empty() { p class="none" { "No data was judged: what became of it is not known." } }
        @for set in sets { (data_set(judged, set)) }
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
        (figure(charts::recovery_point(set, &targets), &no_point(set), loss(set)))
    }
}

/// Why there is no recovery point to draw.
fn no_point(set: &DataSet) -> String {
    match words::rpa(set).as_str() {
        "nothing lost" => "Nothing was lost, corrupted or stale: the recovery point is 0.".to_owned(),
        "not known" => "The recovery point is not known.".to_owned(),
        known => format!("The lost data spans {known}."),
    }
}

/// The recovery point in words.
fn loss(set: &DataSet) -> Markup {
    html! {
        "The lost data spans " b { (words::rpa(set)) } ": " (words::span(set.rpa_before_fault_s))
        " before the fault and " (words::span(set.rpa_after_fault_s)) " after it"
        @if set.resolution_s > 0.0 { ", each write dated to ± " (words::span(set.resolution_s)) }
        @else { ", each write dated exactly" }
        "."
        @if set.rpa_s.is_none() { " No older write survived: it may reach further back." }
    }
}

fn fleet(judged: &Judged) -> Markup {
    let Some(fleet) = &judged.report.fleet else {
        return html! { p class="none" { "The drill had no fleet." } };
    };
    html! {
        p {
            b { (words::plural(fleet.devices, "device")) } ", at most " (words::count(fleet.connected_peak))
            " connected at once. " (words::count(fleet.connect_attempts)) " connections attempted, at most "
            (format!("{:.1}", fleet.connect_attempts_per_s_peak)) " per drill second over 10 drill seconds. "
            (words::plural(fleet.outbox_dropped, "message")) " died in outboxes."
        }
        (figure(charts::fleet(judged), "The fleet's counters were not recorded.", html! {}))
        @if !fleet.reconnected_s.is_empty() {
            div class="wide" {
                table {
                    thead { tr { th { "Share of those connected at the fault" } th class="number" { "Back, from the fault" } } }
                    tbody {
                        @for (percent, back) in by_percent(&fleet.reconnected_s) {
                            tr {
                                td { (percent) " %" }
                                td class="number" { (back.map_or("not back".to_owned(), words::span)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// 50, 90, 99, 100: by number, not by letter.
fn by_percent(shares: &std::collections::BTreeMap<String, Option<Seconds>>) -> Vec<(&str, Option<Seconds>)> {
    let mut rows: Vec<(&str, Option<Seconds>)> = shares.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    rows.sort_by_key(|(percent, _)| percent.parse::<u32>().unwrap_or(u32::MAX));
    rows
}
