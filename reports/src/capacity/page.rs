//! `capacity.html`: the recommendation, what it rests on, and the whole sweep.

use forecast::capacity::Study;
use maud::{Markup, html};

use super::{charts, text};
use crate::html::{document, section};
use crate::text::{count, share};

/// Renders the page.
pub fn render(study: &Study) -> String {
    document(
        &format!("Capacity: {}", study.scenario.name),
        html! {
            (banner(study))
            @if let Some(advice) = &study.advice {
                (section("recommendation", "Recommendation", html! {
                    ul { @for sentence in text::recommendation(study, advice) { li { (sentence) } } }
                }))
            }
            @for chart in charts::all(study) { (chart.section()) }
            @if let Some(needs) = &study.needs {
                (section("needs", "Behind the broker, so that nothing is lost", html! {
                    table { tbody {
                        @for (what, need) in text::needs(needs) { tr { th { (what) } td { (need) } } }
                    } }
                }))
            }
            (section("sweep", "All storms", sweep(study)))
            (section("method", "How this was found", method(study)))
        },
    )
}

fn banner(study: &Study) -> Markup {
    let heading = if study.scenario.title.is_empty() {
        &study.scenario.name
    } else {
        &study.scenario.title
    };
    let meets = study.advice.as_ref().map(|advice| advice.now.meets);
    let (tone, sign, word) = match meets {
        Some(true) => ("good", "✔", "ENOUGH"),
        Some(false) => ("bad", "✘", "NOT ENOUGH"),
        None => ("open", "?", "NOT KNOWN"),
    };
    html! {
        header {
            p class="brand" { "Firedrill " span { "capacity study: modelled, not measured" } }
            h1 { (heading) }
            p class="subject" { span class="mono" { (study.scenario.name) } }
            div class={ "verdict " (tone) } {
                p class="word" { span class="sign" aria-hidden="true" { (sign) } (word) }
                div {
                    @if let Some(advice) = &study.advice { p class="why" { (text::headline(study, advice)) "." } }
                    p class="basis" { "Target: " (text::time(study.target_ms)) " (" (study.target_source) "). Every figure here is simulated." }
                }
            }
            @if !study.complete { p class="partial" { "Interrupted: what is not here was not simulated." } }
        }
    }
}

fn sweep(study: &Study) -> Markup {
    html! {
        div class="wide" {
            table {
                thead { tr {
                    th { "Policy" }
                    @for name in ["Devices", "Connects/s", "50 % back", "99 % back", "All back", "Floor", "Attempts each", "Refused", "Most in a second", "Gave up"] {
                        th class="number" { (name) }
                    }
                    th { "Target" }
                } }
                tbody { @for point in &study.points { tr {
                    td class="name" { (point.policy) }
                    td class="number" { (count(point.devices)) }
                    td class="number" { (count(point.connects_per_second.into())) }
                    @for at in [0, 2, 3] { td class="number" { (text::back(point.back_after_ms[at])) } }
                    td class="number" { (text::time(point.floor_ms)) }
                    td class="number" { (format!("{:.1}", point.attempts as f64 / point.devices.max(1) as f64)) }
                    td class="number" { (share(point.refused as f64, point.attempts as f64)) }
                    td class="number" { (count(point.peak_per_second)) }
                    td class="number" { (count(point.gave_up)) }
                    td { @if point.meets { "met" } @else { b { "missed" } } }
                } } }
            }
        }
    }
}

fn method(study: &Study) -> Markup {
    html! {
        p {
            "Each device loses its session, waits as its policy says, and tries to connect; the quota lets in as many per second "
            "as stated, and a second's worth at once after a rest, as the edge of a live drill does. A refused device waits "
            "again. What a connect takes on the network and in TLS is not part of it. The floor is the time that the quota alone "
            "takes; no policy is quicker."
        }
        p class="small" {
            "Sessions are lost over " (text::time(study.over_ms)) "; the endpoint is closed for " (text::time(study.closed_for_ms))
            ". Small fleets are simulated device by device (each), large ones in counts of devices in the same state (counted), "
            "which is the mean of the former. Seed " (study.seed) ". Scenario SHA-256 " span class="mono" { (study.scenario.sha256) } "."
        }
    }
}
