//! `report.html`: the page that a manager reads from the top and an auditor to the end.
//!
//! ```text
//!  verdict      what, and why in a sentence           verdict.rs
//!  objectives   target against what was achieved      verdict.rs
//!  findings     what to change in the plan            findings.rs
//!  charts       recovery, data, probes, fleet         figures.rs
//!  records      steps, faults, incidents, phases      records.rs
//!               names, messages, functions            course.rs
//!               what became of each data set          data_sets.rs
//!  evidence     clock and error, how to reproduce     evidence.rs
//! ```
//!
//! The page is self-contained: no script, no font, no picture from elsewhere, and a policy in its head
//! that forbids them. Every text is escaped by [`maud`]. Shapes and words carry what colours do, so that
//! it reads in grey and in print.

mod course;
mod data_sets;
mod evidence;
mod figures;
mod findings;
mod records;
mod verdict;

use drill::report::Judged;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{svg, words};

/// The look of the page, in light, dark and print.
const STYLE: &str = include_str!("report.css");
/// Nothing may be loaded, whatever a text says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Renders `report.html`.
pub(crate) fn render(judged: &Judged) -> String {
    let report = &judged.report;
    let partial = if report.complete { "" } else { " (partial)" };
    let title = format!(
        "{}{partial}: {}",
        words::verdict(report.verdict),
        report.scenario.name
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (svg::definitions())
                main {
                    (verdict::banner(report))
                    (verdict::objectives(report))
                    (findings::findings(report))
                    (findings::flips(report))
                    (figures::all(judged))
                    (records::all(judged))
                    (evidence::all(report))
                }
            }
        }
    };
    inert(&page.into_string())
}

/// The page without characters that are not seen but do something.
fn inert(page: &str) -> String {
    let shown = |c: char| {
        if c != '\n' && words::steers(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    page.chars().map(shown).collect()
}

/// A section with its heading.
fn section(id: &str, heading: &str, content: Markup) -> Markup {
    html! {
        section id=(id) {
            h2 { (heading) }
            (content)
        }
    }
}

/// `plan:151`, small, if there is one.
fn source(source: Option<&String>) -> Markup {
    html! { @if let Some(source) = source { " " span class="source" { (source) } } }
}

#[cfg(test)]
mod tests;
