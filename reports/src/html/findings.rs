//! What the drill found, and what would flip its verdict.

use drill::report::{Finding, Report, Severity};
use maud::{Markup, html};

use super::verdict::badge;
use super::{section, source};
use crate::words;

/// The findings, in the report's order.
pub(super) fn findings(report: &Report) -> Markup {
    let content = html! {
        @if report.findings.is_empty() {
            p class="none" { "None." }
        } @else {
            ul class="findings" { @for finding in &report.findings { (item(finding)) } }
        }
    };
    section("findings", "Findings", content)
}

fn item(finding: &Finding) -> Markup {
    let tone = match finding.severity {
        Severity::Critical => "bad",
        Severity::Warning => "open",
        Severity::Note => "note",
    };
    let about = [
        ("step", &finding.step),
        ("service", &finding.service),
        ("fault", &finding.fault),
    ];
    html! {
        li class=(tone) {
            (badge(tone, words::severity_sign(finding.severity), words::severity(finding.severity)))
            div {
                p { (finding.text) }
                p class="small" {
                    @for (what, name) in about {
                        @if let Some(name) = name { span { (what) " " span class="mono" { (name) } } " " }
                    }
                    (source(finding.source.as_ref()))
                }
            }
        }
    }
}

/// The modelled durations that decide; nothing where none does.
pub(super) fn flips(report: &Report) -> Markup {
    if report.flips.is_empty() {
        return html! {};
    }
    let content = html! {
        p {
            "Part of the time is modelled. These durations decide: with this much more or less, an objective is "
            "judged the other way."
        }
        ul { @for flip in &report.flips { li { (words::flip(report, flip)) } } }
    };
    section("flips", "What would flip the verdict", content)
}
