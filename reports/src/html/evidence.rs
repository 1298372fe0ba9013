//! The end of the page: how exact the figures are, how to get them again, what the words mean.

use std::collections::BTreeMap;

use drill::report::{Clock, Report};
use maud::{Markup, html};

use super::section;
use super::verdict::when;
use crate::words;

/// More rates than this are shown by octaves.
const MOST_RATES: usize = 12;

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
        @if !clock.limits.is_empty() { (limits(clock)) }
        @if !clock.rates.is_empty() { (rates(clock)) }
    }
}

/// What kept the clock from being faster, and at what rate it ran meanwhile.
fn limits(clock: &Clock) -> Markup {
    html! {
        div class="wide" {
            table {
                thead {
                    tr {
                        th { "What limited the rate of the clock" }
                        th class="number" { "Wall time" }
                        th class="number" { "Mean rate" }
                    }
                }
                tbody {
                    @for share in &clock.limits {
                        tr {
                            td { (share.limit) }
                            td class="number" { (words::span(share.wall_s)) }
                            td class="number" { (format!("{:.0}", share.drill_s / share.wall_s.max(1e-9))) }
                        }
                    }
                }
            }
        }
    }
}

/// Wall time by rate; by octaves of it, where there are more than fit on a page.
fn rates(clock: &Clock) -> Markup {
    let rows: Vec<(String, f64)> = if clock.rates.len() <= MOST_RATES {
        let shares = clock.rates.iter();
        shares
            .map(|share| (share.rate.to_string(), share.wall_s))
            .collect()
    } else {
        let mut octaves: BTreeMap<i32, f64> = BTreeMap::new();
        for share in &clock.rates {
            *octaves.entry(share.rate.log2().floor() as i32).or_default() += share.wall_s;
        }
        let bound = |octave: i32| 2f64.powi(octave).to_string();
        let row = |(octave, wall_s)| (format!("{} to {}", bound(octave), bound(octave + 1)), wall_s);
        octaves.into_iter().map(row).collect()
    };
    html! {
        div class="wide" {
            table {
                thead { tr { th class="number" { "Drill seconds per wall second" } th class="number" { "Wall time spent" } } }
                tbody {
                    @for (rate, wall_s) in rows {
                        tr {
                            td class="number" { (rate) }
                            td class="number" { (words::span(wall_s)) }
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
        (
            "seal (SHA-256 of seal.sha256)",
            report.seal.clone().unwrap_or_else(|| "not sealed".to_owned()),
        ),
        ("seed", report.seed.to_string()),
        ("cloud", words::cloud(report)),
        (
            "speed, at most",
            match report.speed_is_auto {
                true => format!(
                    "{} drill seconds per wall second, and what keeps figures exact",
                    report.speed
                ),
                false => format!("{} drill seconds per wall second", report.speed),
            },
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
