//! What the plan relies on, as it was found before anything was broken: what does not hold as a table, what does as a list.

use drill::journal::ReadinessCheck;
use drill::report::Report;
use maud::{Markup, html};

use super::section::section;
use super::table::{Row, cards, text as column};
use super::verdict::badge;
use crate::text;

/// The section, failed checks first; empty where nothing was checked.
pub(super) fn readiness(report: &Report) -> Markup {
    if report.readiness.is_empty() {
        return html! {};
    }
    let (holding, mut open): (Vec<&ReadinessCheck>, Vec<&ReadinessCheck>) = report
        .readiness
        .iter()
        .partition(|check| check.holds == Some(true));
    open.sort_by_key(|check| check.holds.is_none());
    let rows: Vec<Row> = open.iter().map(|check| row(check)).collect();
    let found = if text::is_tabletop(report) {
        // There is no cloud that could be checked.
        "It decides no verdict.".to_owned()
    } else {
        format!(
            "This was found in the steady state; it decides no verdict. {}",
            crate::readiness::BY_CONSTRUCTION
        )
    };
    let content = html! {
        p class="small" {
            (holding.len()) " of " (report.readiness.len()) " hold. " (found)
        }
        @if !rows.is_empty() {
            (cards(&[column("What the plan relies on"), column("Holds"), column("What was found"), column("What to do")], &rows))
        }
        @if !holding.is_empty() {
            p { (badge("good", "✔", "these hold")) }
            ul class="holding" {
                @for check in &holding { li { (check.what) ": " span class="small" { (check.found) } } }
            }
        }
    };
    section(
        "checks",
        "Prerequisites of the plan, before the first fault",
        content,
    )
}

fn row(check: &ReadinessCheck) -> Row {
    let (sign, word) = text::readiness(check);
    let tone = match check.holds {
        Some(true) => "good",
        Some(false) => "bad",
        None => "open",
    };
    Row::new(vec![
        html! { (check.what) },
        badge(tone, sign, word),
        html! { (check.found) },
        html! { @if check.remedy.is_empty() { "–" } @else { (check.remedy) } },
    ])
}
