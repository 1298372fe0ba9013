//! The readiness score with its formula and every count.

use drill::report::Report;
use maud::{Markup, html};

use super::section;
use super::table::{Row, cards, number, words as column};
use crate::score;
use crate::words;

/// The section.
pub(super) fn score(report: &Report) -> Markup {
    let terms = score::terms(report);
    let left_out = |term: &score::Term| match term.left_out {
        Some((n, why)) => html! { (why) ": " (words::count(n)) },
        None => html! { "–" },
    };
    let rows: Vec<Row> = terms
        .iter()
        .map(|term| {
            Row::new(vec![
                html! { (term.name) },
                html! { (words::count(term.good)) },
                html! { (words::count(term.of)) },
                left_out(term),
            ])
        })
        .collect();
    let content = html! {
        @match score::sums(report) {
            Some((good, of)) => p class="score" {
                b { (words::share(good as f64, of as f64)) } " "
                span class="small" { (words::count(good)) " of " (words::count(of)) " checks, in a drill that came to " (words::verdict(report.verdict)) }
            },
            None if report.exercise.is_some() => p { b { "No score. " } "Nothing was broken, so that there is nothing to score." },
            None => p { b { "No score. " } "The drill is inconclusive or not complete: a share of what was judged would flatter it." },
        }
        p { "Formula: " (score::FORMULA) "." }
        (cards(&[column("Term"), number("As it should be"), number("Of"), column("Not counted")], &rows))
        p class="small" {
            "The score is a convention of this tool and no standard's. Each check counts once, whatever it weighs: it serves to "
            "compare drills of one scenario, not systems, and it never replaces the verdict."
        }
    };
    section("score", "Readiness score", content)
}
