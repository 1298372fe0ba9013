//! Charts with their captions and legends: of the fleet, of the health of services.

use std::collections::BTreeMap;

use drill::report::{Fleet, Judged, Seconds, StandsFor};
use maud::{Markup, html};

use super::section::section;
use crate::charts::{self, Chart};
use crate::text;
use crate::timeline::Timeline;

/// Gaps in the results of probes that are named.
const GAPS: usize = 5;

/// The fleet; nothing where the drill had none.
pub(super) fn fleet(judged: &Judged) -> Markup {
    html! { @if judged.report.fleet.is_some() { (section("fleet", "Fleet", of_fleet(judged))) } }
}

/// Health of the services over time.
pub(super) fn probes(judged: &Judged) -> Markup {
    let line = Timeline::new(&judged.report);
    let all = charts::gaps(judged);
    let caption = html! {
        @if !all.is_empty() {
            "Gaps: "
            @for (n, (probe, from, to)) in all.iter().take(GAPS).enumerate() {
                @if n > 0 { "; " }
                (probe) " gave no result from " (text::span(*from)) " to " (text::span(*to))
            }
            @if all.len() > GAPS { "; and " (all.len() - GAPS) " more" }
            ". A strip is drawn only where there are results; times as on the axis, " (line.title()) "."
        }
    };
    let chart = figure(charts::probes(judged), "No probe has a result.", caption);
    section("probes", "Health of the services", chart)
}

/// A chart with its legend, or the sentence that says why there is none.
pub(super) fn figure(chart: Option<Chart>, none: &str, caption: Markup) -> Markup {
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

fn of_fleet(judged: &Judged) -> Markup {
    let Some(fleet) = &judged.report.fleet else {
        return html! { p class="none" { "The drill had no fleet." } };
    };
    html! {
        p {
            b { (text::plural(fleet.devices, "device")) } ", at most " (text::count(fleet.connected_peak))
            " connected at once. " (text::count(fleet.connect_attempts)) " connections attempted, at most "
            (format!("{:.1}", fleet.connect_attempts_per_s_peak)) " per drill second over 10 drill seconds. "
            (text::plural(fleet.outbox_dropped, "message")) " died in outboxes."
        }
        (figure(charts::fleet(judged), "The fleet's counters were not recorded.", html! {}))
        @if let Some(larger) = &fleet.stands_for { p { b { "Modelled, not measured: " } (larger.text) } }
        @if !fleet.reconnected_s.is_empty() { div class="wide" { (back(fleet)) } }
        @if let Some((larger, floor)) = fleet.stands_for.as_ref().and_then(|larger| Some((larger, larger.floor_s?))) {
            (storm(larger, floor))
        }
    }
}

/// When shares of the fleet were back; beside it what is modelled of it, and of the larger fleet that it stands for.
fn back(fleet: &Fleet) -> Markup {
    let share = |back: Option<Seconds>| back.map_or("not back".to_owned(), text::span);
    let modelled = |shares: &BTreeMap<String, Option<Seconds>>, percent: &str| match shares.get(percent) {
        Some(back) => share(*back),
        None => "–".to_owned(),
    };
    html! {
        table {
            thead {
                tr {
                    th { "Share of those connected at the fault" }
                    th class="number" { "Back, from the fault" }
                    @if let Some(larger) = &fleet.stands_for {
                        th class="number" { "Modelled for this fleet" }
                        th class="number" { "Modelled for " (text::plural(larger.devices, "device")) }
                    }
                }
            }
            tbody {
                @for (percent, measured) in by_percent(&fleet.reconnected_s) {
                    tr {
                        td { (percent) " %" }
                        td class="number" { (share(measured)) }
                        @if let Some(larger) = &fleet.stands_for {
                            td class="number" { (modelled(&larger.modelled_here_s, percent)) }
                            td class="number" { (modelled(&larger.modelled_s, percent)) }
                        }
                    }
                }
            }
        }
    }
}

/// What else is modelled of the larger fleet.
fn storm(larger: &StandsFor, floor: Seconds) -> Markup {
    html! {
        p class="small" {
            "Modelled with the reconnect policy of the fleet, " (text::count(larger.connects_per_second))
            " connects per second, and the endpoint closed as long as it was here."
            " With this quota no policy could have all " (text::count(larger.devices)) " back before "
            (text::span(floor)) "."
            @if let Some(attempts) = larger.attempts { " " (text::count(attempts)) " connections would be attempted." }
            @if let Some(peak) = larger.attempts_per_s_peak { " At most " (text::count(peak)) " would come in one second." }
        }
    }
}

/// 50, 90, 99, 100: by number, not by letter.
fn by_percent(shares: &BTreeMap<String, Option<Seconds>>) -> Vec<(&str, Option<Seconds>)> {
    let mut rows: Vec<(&str, Option<Seconds>)> = shares.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    rows.sort_by_key(|(percent, _)| percent.parse::<u32>().unwrap_or(u32::MAX));
    rows
}
