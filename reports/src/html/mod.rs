//! `report.html`: the page that a manager reads from the top and an auditor to the end.
//!
//! ```text
//!  cover        what, by whom, by which plan, verdict      cover.rs, verdict.rs
//!  document     summary and claims                         summary.rs
//!               objectives, what was exercised             verdict.rs, exercised.rs
//!               timeline, findings, data loss, fleet       timeline.rs, findings.rs, loss.rs, figures.rs
//!               readiness before it, method, score         readiness.rs, method.rs, score.rs
//!               earlier drills                             trend.rs
//!               controls, sign-off                         mapping.rs, signoff.rs
//!  appendix     the engineer's log: tables and commands    records.rs, course.rs, outputs.rs, data_sets.rs
//!               people: who performed steps, injects       people.rs
//!               clock, how to reproduce, glossary          evidence.rs
//! ```
//!
//! It prints as a document: `report.css` has the rules for paper, `footer.rs` the seal and the number of each page.
//! The page is self-contained: no script, no font, no picture from elsewhere, and a policy in its head
//! that forbids them. Every text is escaped by [`maud`]. Shapes and words carry what colours do, so that
//! it reads in grey and in print.

mod course;
mod cover;
mod data_sets;
mod evidence;
mod exercised;
mod figures;
mod findings;
mod footer;
mod instant;
mod loss;
mod mapping;
mod method;
mod outputs;
mod page;
mod people;
mod readiness;
mod records;
mod score;
mod section;
mod signoff;
mod summary;
mod table;
mod timeline;
mod trend;
mod verdict;

use drill::report::Judged;
use maud::html;

pub(crate) use self::findings::item as finding;
use self::page::page;
pub(crate) use self::page::{document, standalone};
pub(crate) use self::section::section;
pub(crate) use self::verdict::badge;
use crate::text;

/// Renders `report.html`.
pub(crate) fn render(judged: &Judged) -> String {
    let report = &judged.report;
    let partial = if report.complete { "" } else { " (partial)" };
    let title = format!("{}{partial}: {}", text::headline(report), report.scenario.name);
    let parts = [
        summary::summary(report),
        summary::claims(report),
        readiness::readiness(report),
        verdict::objectives(report),
        exercised::exercised(report),
        timeline::timeline(judged),
        timeline::notifications(judged),
        findings::findings(report),
        loss::loss(judged),
        figures::fleet(judged),
        method::method(report),
        score::score(report),
        trend::trend(report),
        mapping::mapping(report),
        signoff::sign_off(report),
    ];
    let document = html! { @for part in &parts { (part) } };
    let appendix = html! {
        (figures::probes(judged))
        (findings::flips(report))
        (records::all(judged))
        (evidence::all(report))
    };
    page(
        &title,
        &footer::footer(report),
        html! {
            (cover::cover(report))
            (cover::contents(&headings(&document.0), &headings(&appendix.0)))
            div class="document" { (document) }
            div class="appendix" {
                p class="part" { "Appendix: the engineer's log" }
                (appendix)
            }
        },
    )
}

/// The ids and headings of the sections of a part, as [`section()`] writes them.
fn headings(part: &str) -> Vec<(String, String)> {
    let sections = part.split("<section id=\"").skip(1);
    let of = |text: &str| {
        let (id, rest) = text.split_once("\"><h2>")?;
        let (heading, _) = rest.split_once("</h2>")?;
        Some((id.to_owned(), heading.to_owned()))
    };
    sections.filter_map(of).collect()
}

#[cfg(test)]
mod contrast;
#[cfg(test)]
pub(crate) mod tests;
