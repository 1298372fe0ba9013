//! Controls of rules and standards, and where this report shows something of them.

use drill::report::Report;
use maud::{Markup, html};

use super::section::section;
use super::table::{Row, cards, text as column};
use crate::controls;

/// The section.
pub(super) fn mapping(report: &Report) -> Markup {
    let row = |control: &controls::Mapping| {
        Row::new(vec![
            html! { b { (control.clause) } div class="small" { (control.framework) } },
            html! { (control.asks) },
            html! {
                @if control.shown_in.is_empty() { "nothing in this report" }
                @for (n, shown) in control.shown_in.iter().enumerate() {
                    @if n > 0 { ", " }
                    a href={ "#" (shown.id) } { (shown.heading) }
                }
            },
            html! { (control.not_shown) },
        ])
    };
    let rows: Vec<Row> = controls::mapping(report).iter().map(row).collect();
    let columns = [
        column("Control"),
        column("What it asks for"),
        column("Shown in"),
        column("Not shown here"),
    ];
    let content = html! {
        p {
            "Where this report shows something that a control asks for. What is asked for stands here in our own words and in "
            "short; the texts themselves hold. Whether a control is met, auditors decide."
        }
        div class="mapping" { (cards(&columns, &rows)) }
    };
    section(
        "controls",
        "Controls: DORA, NIS2, SOC 2, ISO 22301, NIST",
        content,
    )
}
