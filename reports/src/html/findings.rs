//! What the drill found, with what is to be done, by whom, by when, and which drill tested it again; and what would flip the
//! verdict.

use drill::details::Owner;
use drill::report::{Finding, Report, Severity};
use maud::{Markup, html};

use super::section::{section, source};
use super::table::{Row, cards, number, text as column};
use super::verdict::badge;
use crate::text;

/// The findings, in the report's order.
pub(super) fn findings(report: &Report) -> Markup {
    let content = html! {
        @if report.findings.is_empty() {
            p class="none" { "None." }
        } @else {
            ul class="findings" { @for finding in &report.findings { (item(finding, action(report, finding))) } }
            (register(report))
        }
        (owners(report))
    };
    section("findings", "Findings", content)
}

/// Who owns what, and how they are reached.
fn owners(report: &Report) -> Markup {
    let owners = report.details.as_ref().map_or(&[][..], |details| &details.owners);
    if owners.is_empty() {
        return html! {};
    }
    let row = |owner: &Owner| {
        Row::new(vec![
            html! { (owner.of) },
            html! {
                (owner.name)
                @if let Some(added) = text::added(owner.added_at.as_ref()) { " " span class="later" { (added) } }
            },
            html! { (owner.contact.as_deref().unwrap_or("—")) },
        ])
    };
    let rows: Vec<Row> = owners.iter().map(row).collect();
    html! {
        h3 { "Owners" }
        (cards(&[column("Of"), column("Owner"), column("Contact")], &rows))
    }
}

/// Where owners, dates and retests come from.
fn register(report: &Report) -> Markup {
    html! {
        p class="small" {
            @match text::register(report) {
                Some(text) => (text),
                None => "No register of findings was given: owners, due dates and retests are not known here.",
            }
        }
    }
}

/// One of them, in a list, with what is to be done about it below.
pub(crate) fn item(finding: &Finding, below: Markup) -> Markup {
    let tone = match finding.severity {
        Severity::Critical => "bad",
        Severity::Warning => "open",
        Severity::Note => "note",
    };
    let about = [
        ("step", &finding.step),
        ("service", &finding.service),
        ("fault", &finding.fault),
        ("about", &finding.about),
    ];
    html! {
        li class=(tone) {
            (badge(tone, text::severity_sign(finding.severity), text::severity(finding.severity)))
            div {
                p class="text" { (finding.text) }
                p class="small" {
                    @for (what, name) in about {
                        @if let Some(name) = name { span { (what) " " span class="mono" { (name) } } " " }
                    }
                    (source("no source", finding.source.as_ref()))
                }
                (below)
            }
        }
    }
}

/// The remedy of a finding. A note needs none, unless the register has one.
fn action(report: &Report, finding: &Finding) -> Markup {
    let tracked = text::tracked(report, finding);
    if finding.severity == Severity::Note && tracked.is_none() {
        return html! {};
    }
    let told = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
    let remedy = tracked
        .and_then(|one| one.remedy.clone())
        .or_else(|| text::remedy(report, finding));
    html! {
        dl class="action" {
            @if let Some(one) = tracked { div { dt { "Register" } dd { (one.id) ", " (text::status(report, one)) } } }
            div class="remedy" { dt { "Remedy" } dd { (remedy.unwrap_or_else(|| "to be filled in".to_owned())) } }
            div { dt { "Owner" } dd { (told(tracked.and_then(|one| one.owner.clone()))) } }
            div { dt { "Due" } dd { (told(tracked.and_then(|one| one.due.clone()))) } }
            div {
                dt { "Retest" }
                dd {
                    @match tracked.and_then(|one| one.retested_by.as_ref()) {
                        Some(run) => {
                            @if let Some(address) = text::address_of(report, run) { a href=(address) { (run) } } @else { (run) }
                            @if !text::read_after(report) { ", before this drill found it again" }
                        }
                        None => { "—" }
                    }
                }
            }
        }
    }
}

/// The modelled durations that decide, in one small table; nothing where none does.
pub(super) fn flips(report: &Report) -> Markup {
    if report.flips.is_empty() {
        return html! {};
    }
    let rows: Vec<Row> = report
        .flips
        .iter()
        .map(|flip| {
            let way = if flip.grown_by_s < 0.0 { "−" } else { "+" };
            Row::new(vec![
                html! { span class="mono" { (flip.duration) } },
                html! { (way) (text::span(flip.grown_by_s.abs())) },
                html! { "± " (text::span(flip.error_s)) },
                html! { (text::flip(report, flip)) },
            ])
        })
        .collect();
    let columns = [
        column("Duration"),
        number("Change"),
        number("Error"),
        column("What it would flip"),
    ];
    let content = html! {
        p { "Part of the time is modelled. If it changes by this much, the verdict of an objective changes." }
        (cards(&columns, &rows))
    };
    section("flips", "What would flip the verdict", content)
}
