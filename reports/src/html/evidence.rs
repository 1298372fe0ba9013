//! The end of the page: how exact the figures are, how to get them again, what the words mean.

use drill::report::{Clock, Report};
use maud::{Markup, html};

use super::section;
use super::verdict::when;
use crate::words;

/// Clock, reproduction, words.
pub(super) fn all(report: &Report) -> Markup {
    html! {
        (section("clock", "Clock and error", clock(report)))
        (section("reproduce", "Evidence", evidence(report)))
        (section("words", "Words", glossary()))
    }
}

fn clock(report: &Report) -> Markup {
    let clock = &report.clock;
    html! {
        p {
            "The drill covers " b { (words::span(report.drill_seconds)) } " of drill time in "
            (words::span(report.wall_seconds)) " of wall time. "
            @if *clock == Clock::default() {
                "How well the clock kept time is not on record. "
            } @else {
                "Timers fired late by " (format!("{:.1} ms", clock.lag_ms_p99))
                " of wall time at the 99th percentile, by " (format!("{:.1} ms", clock.lag_ms_max)) " at most. "
            }
            "Each figure stands with its ±: the lateness of the events that bound it plus the probe's interval. "
            "In a valid drill, a figure that is known is inconclusive only when the target lies within its ±."
        }
        @if !clock.rates.is_empty() {
            div class="wide" {
                table {
                    thead { tr { th class="number" { "Drill seconds per wall second" } th class="number" { "Wall time spent" } } }
                    tbody {
                        @for share in &clock.rates {
                            tr {
                                td class="number" { (share.rate) }
                                td class="number" { (words::span(share.wall_s)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn evidence(report: &Report) -> Markup {
    let rows = [
        ("scenario", report.scenario.name.clone()),
        ("scenario SHA-256", report.scenario.sha256.clone()),
        ("seed", report.seed.to_string()),
        ("cloud", words::cloud(report)),
        (
            "speed, at most",
            format!("{} drill seconds per wall second", report.speed),
        ),
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
    html! {
        p {
            "The seed fixes the inputs: fault targets, sampled durations, the devices' behaviour. The records of the "
            "run (" span class="mono" { "journal.jsonl" } ", " span class="mono" { "ledger.bin" } ", "
            span class="mono" { "audit.bin" } ") are chained by hashes; judged again, they give this report again."
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
