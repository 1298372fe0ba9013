//! The comparison as a page.

use drill::report::{Finding, Verdict};
use maud::{Markup, html};

use super::comparison::Comparison;
use super::tables::Table;
use super::view::{self, Drilled, Heading, View};
use crate::html::{badge, document, finding, section};
use crate::text;

/// Renders the page.
pub fn render(comparison: &Comparison) -> String {
    shown(&view::build(comparison))
}

pub(super) fn shown(view: &View) -> String {
    document(
        &view.title,
        html! {
            (banner(view))
            (section("objectives", "Objectives", table(&view.objectives)))
            (section("steps", "Steps", steps(view)))
            (section("data", "Data", several(&view.data)))
            @if let Some(all) = &view.findings { (section("findings", "Findings", findings(all))) }
            @if let Some(drilled) = &view.drilled { (section("differences", "What was drilled otherwise", differences(drilled))) }
        },
    )
}

fn banner(view: &View) -> Markup {
    html! {
        header {
            p class="brand" { "Firedrill " span { "side by side" } }
            h1 { (view.title) }
            @for (which, heading) in [("A", &view.a), ("B", &view.b)] { (side(which, heading)) }
        }
        (section("fair", "Before you compare", html! {
            ul {
                @for sentence in &view.unfair { li { b { (sentence) } } }
                @if view.unfair.is_empty() { li { "Nothing on record makes the comparison unfair." } }
                li { (view.method) }
            }
        }))
    }
}

fn side(which: &str, heading: &Heading) -> Markup {
    html! {
        p class="subject side" {
            b { (which) } " "
            @if let Some(verdict) = heading.verdict {
                (badge(tone(verdict), text::verdict_sign(verdict), text::verdict(verdict))) " "
            }
            span class="mono" { (heading.name) } " · " (heading.about)
        }
    }
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Fail => "bad",
        Verdict::Inconclusive => "open",
    }
}

fn table(table: &Table) -> Markup {
    html! {
        @if let Some(note) = &table.note { p class="small" { (note) } }
        table class="records compare" {
            thead { tr { td {} th class="number" { "A" } th class="number" { "B" } th { "B against A" } } }
            tbody {
                @for row in &table.rows {
                    tr {
                        th scope="row" { (row.name.trim_start()) }
                        td class="number" { (row.a) }
                        td class="number" { (row.b) }
                        td { @if row.change.is_empty() { span class="none" { "same" } } @else { b { (row.change) } } }
                    }
                }
            }
        }
    }
}

/// Each under a heading of its own.
fn several(all: &[Table]) -> Markup {
    html! {
        @if all.is_empty() { p class="none" { "None." } }
        @for one in all { h3 { (one.heading) } (table(one)) }
    }
}

fn steps(view: &View) -> Markup {
    let [a, b] = &view.paths;
    html! {
        p {
            "The critical path, the steps that decided when the recovery ended: in A " b { (a) } ", in B " b { (b) } "."
        }
        (several(&view.steps))
    }
}

fn findings([came, went, stayed]: &[Vec<Finding>; 3]) -> Markup {
    let list = |heading: &str, findings: &[Finding]| {
        html! {
            h3 { (heading) " (" (findings.len()) ")" }
            @if findings.is_empty() {
                p class="none" { "None." }
            } @else {
                ul class="findings" { @for one in findings { (finding(one, html! {})) } }
            }
        }
    };
    html! {
        (list("In B only", came))
        (list("In A only", went))
        (list("In both, as B has them", stayed))
    }
}

fn differences(drilled: &Drilled) -> Markup {
    html! {
        h3 { "Scenario" }
        @match &drilled.scenario {
            None => { p class="none" { "The same bytes." } }
            Some(diff) => {
                p class="small" { "Lines that begin with − are in A only, those with + in B only." }
                pre class="difference" {
                    @for line in diff.lines() { (difference(line)) "\n" }
                }
            }
        }
        @match &drilled.draws {
            None => { h3 { "Draws" } p class="none" { "The same durations and targets were drawn." } }
            Some(draws) => { h3 { (draws.heading) } (table(draws)) }
        }
    }
}

/// A line of the difference; its sign is a character, and so does not rest on colour.
fn difference(line: &str) -> Markup {
    let line = text::one_line(line);
    match line.chars().next() {
        Some('+') => html! { ins { (line) } },
        Some('-') => html! { del { "−" (&line[1..]) } },
        _ => html! { (line) },
    }
}
