//! An instant as a cell of a table.

use drill::report::Seconds;
use maud::{Markup, html};

use crate::text;
use crate::timeline::Timeline;

/// An instant as drill time, with its distance from the first fault.
pub(super) fn instant(line: Timeline, at: Option<Seconds>) -> Markup {
    let Some(at) = at else { return html! { "–" } };
    let since = line.at(at);
    html! {
        (text::span(at))
        @if line.from_fault {
            div class="small" { @if since < 0.0 { (text::span(since)) } @else { "+" (text::span(since)) } }
        }
    }
}
