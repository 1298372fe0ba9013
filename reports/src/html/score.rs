//! The readiness score with its formula and every count.

use drill::report::Report;
use maud::{Markup, html};

use super::section::section;
use super::table::{Row, cards, number, text as column};
use crate::score;
use crate::text;

/// The section.
pub(super) fn score(report: &Report) -> Markup {
    let terms = score::terms(report);
    let left_out = |term: &score::Term| match term.left_out {
        Some((n, why)) => html! { (why) ": " (text::count(n)) },
        None => html! { "–" },
    };
    let rows: Vec<Row> = terms
        .iter()
        .map(|term| {
            Row::new(vec![
                html! { (term.name) },
                html! { (text::count(term.good)) },
                html! { (text::count(term.of)) },
                left_out(term),
            ])
        })
        .collect();
    let content = html! {
        @match score::sums(report) {
            Some((good, of)) => p class="score" {
                b { (text::share(good as f64, of as f64)) } " "
                span class="small" { (text::count(good)) " of " (text::count(of)) " checks, in a drill that came to " (text::verdict(report.verdict)) }
            },
            None if report.exercise.is_some() => p { b { "No score. " } "No fault was injected, so there is nothing to score." },
            None => p { b { "No score. " } "The drill is inconclusive or not complete: a score of the judged part would be misleading." },
        }
        p { "Formula: " (score::FORMULA) "." }
        (cards(&[column("Term"), number("As it should be"), number("Of"), column("Not counted")], &rows))
        p class="small" {
            "The score is a convention of this tool, not of a standard. Each check counts once. Use it to compare drills of one "
            "scenario, not systems; it does not replace the verdict."
        }
    };
    section("score", "Readiness score", content)
}
