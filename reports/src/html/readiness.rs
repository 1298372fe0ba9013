//! What the plan relies on, as it was found before anything was broken.

use drill::journal::ReadinessCheck;
use drill::report::Report;
use maud::{Markup, html};

use super::section;
use super::table::{Row, cards, words as column};
use super::verdict::badge;
use crate::words;

/// The section, what does not hold first; nothing where nothing was looked at.
pub(super) fn readiness(report: &Report) -> Markup {
    if report.readiness.is_empty() {
        return html! {};
    }
    let mut checks: Vec<&ReadinessCheck> = report.readiness.iter().collect();
    checks.sort_by_key(|check| match check.holds {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    });
    let holding = checks.iter().filter(|check| check.holds == Some(true)).count();
    let rows: Vec<Row> = checks.iter().map(|check| row(check)).collect();
    let found = match words::is_tabletop(report) {
        // There is no cloud that could be looked at.
        true => "It decides no verdict.".to_owned(),
        false => format!(
            "This was found in the steady state; it decides no verdict. {}",
            crate::readiness::BY_CONSTRUCTION
        ),
    };
    let content = html! {
        p class="small" {
            (holding) " of " (checks.len()) " hold. " (found)
        }
        (cards(&[column("What the plan relies on"), column("Holds"), column("What was found"), column("What to do")], &rows))
    };
    section("readiness", "Readiness before the drill", content)
}

fn row(check: &ReadinessCheck) -> Row {
    let (sign, word) = words::readiness(check);
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
