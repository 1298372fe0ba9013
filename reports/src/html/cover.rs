//! The cover: what was drilled, by whom, by which plan, and the result.

use drill::details::{Details, Person};
use drill::report::{EMBEDDED, Report};
use maud::{Markup, html};

use super::verdict;
use crate::text;

/// The first page.
pub(super) fn cover(report: &Report) -> Markup {
    let scenario = &report.scenario;
    let heading = if scenario.title.is_empty() {
        &scenario.name
    } else {
        &scenario.title
    };
    html! {
        header class="cover" {
            p class="brand" { "Firedrill " span { @match report.exercise { Some(_) => { "report of " (text::exercise_kind(report)) " without faults" } None => "report of a disaster recovery drill" } } }
            h1 { (heading) }
            p class="subject" {
                "system " b { (scenario.system) } " · scenario " span class="mono" { (scenario.name) }
                @if report.cloud != EMBEDDED || !report.routes.is_empty() { " · on " b { (text::cloud(report)) } }
                " · " (text::date(&report.started_at))
            }
            (verdict::banner(report))
            @if !report.complete { p class="partial" { (text::partial(report)) } }
            (facts(report))
            @if let Some(line) = text::not_given(report) { p class="small not-given" { (line) } }
        }
    }
}

/// What identifies the drill.
fn facts(report: &Report) -> Markup {
    let nothing = Details::default();
    let details = report.details.as_ref().unwrap_or(&nothing);
    html! {
        dl class="facts" {
            @if let Some(plan) = &details.plan {
                dt { "Plan" }
                dd {
                    (text::plan(plan))
                    @if let Some(added) = text::added(plan.added_at.as_ref()) { " " span class="later" { (added) } }
                    @if let Some(file) = &plan.file { div class="small" { "file " span class="mono" { (file) } } }
                    @if let Some(sha256) = &plan.sha256 { div class="small" { "SHA-256 " span class="mono hash" { (sha256) } } }
                }
            } @else if let Some(source) = &report.scenario.source {
                dt { "Plan" }
                dd { (source) " " span class="small" { "as the scenario names it" } }
            }
            dt { @if report.exercise.is_some() { "Held" } @else { "Drilled" } }
            dd { (verdict::when(&report.started_at)) " to " (verdict::when(&report.finished_at)) }
            (people("Took part", &details.participants))
            (people("Prepared by", &details.prepared_by))
            (people("Approved by", &details.approved_by))
            dt { "Seal" }
            dd {
                @match &report.seal {
                    Some(seal) => span class="mono hash" { (seal) },
                    None => { "not sealed: the run did not reach its end, or its seal is missing" },
                }
            }
        }
    }
}

/// Everybody of one kind, with their roles.
fn people(what: &str, people: &[Person]) -> Markup {
    html! {
        @if !people.is_empty() {
            dt { (what) }
            dd {
                @for person in people {
                    div {
                        b { (person.name) } ", " (person.role)
                        @if let Some(contact) = &person.contact { span class="small" { " · " (contact) } }
                        @if let Some(added) = text::added(person.added_at.as_ref()) { " " span class="later" { (added) } }
                    }
                }
            }
        }
    }
}

/// Where the parts of the page are.
pub(super) fn contents(sections: &[(String, String)], appendix: &[(String, String)]) -> Markup {
    let list = |all: &[(String, String)]| {
        html! {
            @for (id, heading) in all { li { a href={ "#" (id) } { (heading) } } }
        }
    };
    html! {
        nav class="contents" aria-label="Contents" {
            ol { (list(sections)) }
            @if !appendix.is_empty() { ol class="lettered" { (list(appendix)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn the_cover_says_where_services_were_unless_all_were_embedded() {
        let mut report = fixtures::passing().report;
        assert!(!cover(&report).into_string().contains("embedded"));
        report.routes = vec![drill::report::Route {
            service: "s3".into(),
            to: "http://127.0.0.1:5000".into(),
        }];
        let told = "on <b>embedded (s3: http://127.0.0.1:5000)</b>";
        assert!(cover(&report).into_string().contains(told));
    }

    #[test]
    fn additions_after_the_drill_are_marked() {
        let page = cover(&fixtures::quarterly().report).into_string();
        assert!(
            page.contains("Mary Shaw") && page.contains("added on 24 November 2026, after the drill"),
            "{page}"
        );
    }
}
