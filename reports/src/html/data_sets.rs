//! What became of the writes of each data set, in numbers.

use drill::report::{DataSet, Disruption, Seconds};
use maud::{Markup, html};

use super::table::{Row, cards, number, text as column};
use crate::text;

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
        @if !names.is_empty() { p class="small" { "Omitted, since all values are 0: " (names.join(", ")) "." } }
    }
}

/// Whether a figure is empty.
fn is_nothing(text: &str) -> bool {
    matches!(text, "0" | "–" | "0s, 0s" | "± 0s")
}

/// An outcome: its name, what it means, and its figure in a data set.
type Column = (&'static str, &'static str, fn(&DataSet) -> String);

const OUTCOMES: [Column; 26] = [
    ("counted", "stable + delayed + lost + corrupted + stale", |s| {
        format!("{} {}", text::count(s.counted), s.counted_from)
    }),
    ("acknowledged", "of those produced before the cut", |s| {
        text::count(s.acknowledged)
    }),
    ("stable", "readable in time, as written", |s| {
        text::found(s, s.stable)
    }),
    ("delayed", "readable, but late", |s| text::found(s, s.delayed)),
    ("delay", "age of delayed writes when they became readable", delay),
    ("lost", "not there", |s| text::found(s, s.lost)),
    ("lost by hop", "where they died", |s| {
        joined(
            s.lost_by_hop
                .iter()
                .map(|(hop, n)| format!("{hop} {}", text::count(*n)))
                .collect(),
        )
    }),
    ("destroyed by", "of the lost, corrupted and stale", |s| {
        if s.lost_by_cause.is_empty() {
            "–".to_owned()
        } else {
            text::causes(s)
        }
    }),
    (
        "late here",
        "readable late because this machine was late: counted as stable",
        |s| text::count(s.late_here),
    ),
    (
        "disruptions",
        "events that caused loss, each with its recovery point",
        disruptions,
    ),
    ("corrupted", "there with other bytes", |s| {
        text::found(s, s.corrupted)
    }),
    ("stale", "an older version is there", |s| text::found(s, s.stale)),
    ("duplicated", "there more than once", |s| {
        text::found(s, s.duplicated)
    }),
    ("resurrected", "deleted, and there again", |s| {
        text::found(s, s.resurrected)
    }),
    ("recovered", "never acknowledged, but there", |s| {
        text::found(s, s.recovered)
    }),
    ("unexpected", "not in the ledger", |s| {
        text::found(s, s.unexpected)
    }),
    ("not read back", "not read by the audit: not counted", |s| {
        text::count(s.unknown)
    }),
    ("superseded", "overwritten or deleted before: not counted", |s| {
        text::count(s.superseded)
    }),
    (
        "recovery point",
        "time span of lost, corrupted and stale writes",
        text::rpa,
    ),
    ("before, after the fault", "its parts", |s| {
        format!(
            "{}, {}",
            text::span(s.rpa_before_fault_s),
            text::span(s.rpa_after_fault_s)
        )
    }),
    ("oldest lost", "drill time when it was produced", |s| {
        at(s.oldest_lost_s)
    }),
    ("newest lost", "drill time when it was produced", |s| {
        at(s.newest_lost_s)
    }),
    ("resolution", "how exactly a write is dated", |s| {
        format!("± {}", text::span(s.resolution_s))
    }),
    (
        "elsewhere",
        "of those not restored: intact in the other region",
        |s| text::count(s.elsewhere),
    ),
    (
        "recovered later",
        "lost when incidents closed, readable at the end",
        |s| text::count(s.recovered_later),
    ),
    (
        "lost in failback",
        "readable when incidents closed, lost at the end",
        |s| text::count(s.lost_in_failback),
    ),
];

fn at(instant: Option<Seconds>) -> String {
    instant.map_or("–".to_owned(), text::span)
}

fn delay(set: &DataSet) -> String {
    let known = ["p50", "p90", "p99", "max"]
        .into_iter()
        .filter_map(|name| Some((name, set.delay_s.get(name)?)));
    joined(
        known
            .map(|(name, s)| format!("{name} {}", text::span(*s)))
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
            (Some(rpa), _) => text::span(rpa),
            (None, Some(bound)) => format!("at least {}", text::span(bound)),
            (None, None) => "not known".to_owned(),
        };
        format!("{who} {}, {rpa}", text::count(one.damaged))
    };
    joined(set.disruptions.iter().map(of).collect())
}
