//! The end of the page: how exact the figures are, how to reproduce them, and a glossary.

use drill::report::Report;
use maud::{Markup, html};

use super::section::section;
use super::verdict::when;
use crate::{charts, text};

/// Clock, reproduction, glossary.
pub(super) fn all(report: &Report) -> Markup {
    html! {
        (section("clock", "Clock of the drill", clock(report)))
        (section("evidence", "Evidence", evidence(report)))
        (section("glossary", "Glossary", glossary()))
    }
}

fn clock(report: &Report) -> Markup {
    html! {
        @match charts::clock(&report.clock) {
            Some((drawing, legend)) => {
                p { "The wall time of the drill, by what kept its clock from being faster, and by the rate of drill time to wall time:" }
                figure {
                    div class="wide" { (drawing) }
                    ul class="legend rows" { @for (sample, text) in legend { li { (sample) (text) } } }
                }
            }
            None => p class="none" { "How fast the clock ran is not on record." },
        }
    }
}

fn evidence(report: &Report) -> Markup {
    let rows = [
        ("scenario", report.scenario.name.clone()),
        ("scenario SHA-256", report.scenario.sha256.clone()),
        (
            "seal (SHA-256 of seal.sha256)",
            report.seal.clone().unwrap_or_else(|| "not sealed".to_owned()),
        ),
        ("seed", report.seed.to_string()),
        ("cloud", text::cloud(report)),
        (
            "speed, at most",
            if report.speed_is_auto {
                format!(
                    "{} drill seconds per wall second, and what keeps figures exact",
                    report.speed
                )
            } else {
                format!("{} drill seconds per wall second", report.speed)
            },
        ),
        ("durations of steps", text::durations(report.durations).to_owned()),
        ("started", when(&report.started_at)),
        ("finished", when(&report.finished_at)),
        (
            "run",
            if report.complete {
                "complete".to_owned()
            } else {
                "partial: interrupted".to_owned()
            },
        ),
        ("report schema", report.schema.to_string()),
        ("page made by", format!("Firedrill {}", env!("CARGO_PKG_VERSION"))),
    ];
    let code = report.code.iter();
    let code = code.map(|file| (format!("{} SHA-256", file.path), file.sha256.clone()));
    let rows: Vec<(String, String)> = rows
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(code)
        .collect();
    html! {
        p {
            "The seed fixes the inputs: fault targets, sampled durations, the devices' behaviour. The seal covers the four records "
            "of the run: " span class="mono" { "scenario.yaml" } ", " span class="mono" { "journal.jsonl" } " (each line "
            "of which has the hash of the line before it), " span class="mono" { "ledger.bin" } " and "
            span class="mono" { "audit.bin" } ". Judged again, they give this report again."
        }
        div class="wide" {
            table class="evidence" {
                tbody { @for (name, value) in rows { tr { th scope="row" { (name) } td class="mono" { (value) } } } }
            }
        }
    }
}

fn glossary() -> Markup {
    let words = [
        (
            "RTO",
            "recovery time objective: how long a service may be down, from the fault until it is healthy for good",
        ),
        (
            "RPO",
            "recovery point objective: how much time the lost data may span",
        ),
        (
            "MTD",
            "maximum tolerable downtime: how long it may take in all, the work that people still do included",
        ),
        ("measured", "work that was really done here, timed by the clock"),
        (
            "modelled",
            "time that stands for something that did not happen here, with a stated source; never measured",
        ),
        ("observed", "time that a person really took"),
        (
            "not exercised",
            "the faults did not touch it, or their own end repaired it: nothing was shown",
        ),
        ("unaffected", "it was expected to stay untouched, and did"),
    ];
    html! {
        dl { @for (word, meaning) in words { dt { (word) } dd { (meaning) } } }
    }
}
