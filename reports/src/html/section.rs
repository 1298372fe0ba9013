//! A section of the page, and the note of where something comes from.

use maud::{Markup, html};

/// A section with its heading.
pub(crate) fn section(id: &str, heading: &str, content: Markup) -> Markup {
    html! {
        section id=(id) {
            h2 { (heading) }
            (content)
        }
    }
}

/// `plan:151`, small, if there is one; what is assumed, in these words.
pub(super) fn source(assumed: &str, source: Option<&String>) -> Markup {
    let text = source.map(|source| match source.as_str() {
        "assumed" => assumed,
        source => source,
    });
    html! { @if let Some(text) = text { " " span class="source" { (text) } } }
}
