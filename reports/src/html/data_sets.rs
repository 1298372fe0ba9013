//! What became of the writes of each data set, in numbers.

use drill::report::{DataSet, Disruption, Seconds};
use maud::{Markup, html};

use super::table::{Row, cards, number, words as column};
use crate::words;

/// A row per outcome, a column per data set: a plan has few sets, and there are many outcomes. Those that no set has are left
/// out.
pub(super) fn table(sets: &[DataSet]) -> Markup {
    let all: Vec<(&Column, Vec<String>)> = OUTCOMES
        .iter()
        .map(|one| (one, sets.iter().map(one.2).collect()))
        .collect();
    let (shown, hidden): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(_, texts)| !texts.iter().all(|text| is_nothing(text)));
    let columns: Vec<_> = [column("Writes")]
        .into_iter()
        .chain(sets.iter().map(|set| number(&set.name)))
        .collect();
    let rows: Vec<Row> = shown
        .into_iter()
        .map(|((name, meaning, _), texts)| {
            let cells = texts.into_iter().map(|text| html! { (text) });
            Row::new(
                [html! { (name) " " span class="small" { (meaning) } }]
                    .into_iter()
                    .chain(cells)
                    .collect(),
            )
        })
        .collect();
    let names: Vec<&str> = hidden.iter().map(|((name, ..), _)| *name).collect();
    html! {
        (cards(&columns, &rows))
        @if !names.is_empty() { p class="small" { "Left out, since there is nothing of them: " (names.join(", ")) "." } }
    }
}

/// Whether a figure says that there is nothing.
fn is_nothing(text: &str) -> bool {
    matches!(text, "0" | "–" | "0s, 0s" | "± 0s")
}

/// An outcome: its name, what it means, and its figure in a data set.
type Column = (&'static str, &'static str, fn(&DataSet) -> String);

const OUTCOMES: [Column; 26] = [
    ("counted", "stable + delayed + lost + corrupted + stale", |s| {
        format!("{} {}", words::count(s.counted), s.counted_from)
    }),
    ("acknowledged", "of those produced before the cut", |s| {
        words::count(s.acknowledged)
    }),
    ("stable", "readable in time, as written", |s| {
        words::found(s, s.stable)
    }),
    ("delayed", "readable, but late", |s| words::found(s, s.delayed)),
    ("delay", "age of the delayed when they became readable", delay),
    ("lost", "not there", |s| words::found(s, s.lost)),
    ("lost by hop", "where they died", |s| {
        joined(
            s.lost_by_hop
                .iter()
                .map(|(hop, n)| format!("{hop} {}", words::count(*n)))
                .collect(),
        )
    }),
    ("destroyed by", "of the lost, corrupted and stale", |s| {
        match s.lost_by_cause.is_empty() {
            true => "–".to_owned(),
            false => words::causes(s),
        }
    }),
    (
        "late here",
        "readable late, since this machine was late: stable",
        |s| words::count(s.late_here),
    ),
    (
        "disruptions",
        "events that cost writes, with the recovery point of each",
        disruptions,
    ),
    ("corrupted", "there with other bytes", |s| {
        words::found(s, s.corrupted)
    }),
    ("stale", "an older version is there", |s| words::found(s, s.stale)),
    ("duplicated", "there more than once", |s| {
        words::found(s, s.duplicated)
    }),
    ("resurrected", "deleted, and there again", |s| {
        words::found(s, s.resurrected)
    }),
    ("recovered", "never acknowledged, but there", |s| {
        words::found(s, s.recovered)
    }),
    ("unexpected", "nobody wrote it", |s| words::found(s, s.unexpected)),
    (
        "not read back",
        "the audit could not, or did not: not counted",
        |s| words::count(s.unknown),
    ),
    ("superseded", "written over or deleted before: not counted", |s| {
        words::count(s.superseded)
    }),
    (
        "recovery point",
        "what the lost, corrupted and stale ones span",
        words::rpa,
    ),
    ("before, after the fault", "its parts", |s| {
        format!(
            "{}, {}",
            words::span(s.rpa_before_fault_s),
            words::span(s.rpa_after_fault_s)
        )
    }),
    ("oldest lost", "drill time when it was produced", |s| {
        at(s.oldest_lost_s)
    }),
    ("newest lost", "drill time when it was produced", |s| {
        at(s.newest_lost_s)
    }),
    ("resolution", "how exactly a write is dated", |s| {
        format!("± {}", words::span(s.resolution_s))
    }),
    (
        "elsewhere",
        "of what did not come back: as written in the bucket of the other region",
        |s| words::count(s.elsewhere),
    ),
    (
        "recovered later",
        "lost when incidents closed, there at the end",
        |s| words::count(s.recovered_later),
    ),
    (
        "lost in failback",
        "there when incidents closed, lost at the end",
        |s| words::count(s.lost_in_failback),
    ),
];

fn at(instant: Option<Seconds>) -> String {
    instant.map_or("–".to_owned(), words::span)
}

fn delay(set: &DataSet) -> String {
    let known = ["p50", "p90", "p99", "max"]
        .into_iter()
        .filter_map(|name| Some((name, set.delay_s.get(name)?)));
    joined(
        known
            .map(|(name, s)| format!("{name} {}", words::span(*s)))
            .collect(),
    )
}

fn joined(parts: Vec<String>) -> String {
    if parts.is_empty() {
        "–".to_owned()
    } else {
        parts.join(", ")
    }
}

fn disruptions(set: &DataSet) -> String {
    let of = |one: &Disruption| {
        let who = match (&one.fault, &one.step, &one.other) {
            (Some(fault), ..) => format!("fault {fault}"),
            (_, Some(step), _) => format!("step {step}"),
            (.., Some(other)) => other.clone(),
            _ => "unknown".to_owned(),
        };
        let rpa = match (one.rpa_s, one.rpa_at_least_s) {
            (Some(rpa), _) => words::span(rpa),
            (None, Some(bound)) => format!("at least {}", words::span(bound)),
            (None, None) => "not known".to_owned(),
        };
        format!("{who} {}, {rpa}", words::count(one.damaged))
    };
    joined(set.disruptions.iter().map(of).collect())
}
