//! A page in the style of the reports, with any content; and a drawing as a file of its own.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{svg, text};

/// The style sheet of the page: light, dark and print.
pub(super) const STYLE: &str = include_str!("report.css");
/// Nothing may be loaded, whatever a text contains.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A page in this style with this content.
pub(crate) fn document(title: &str, content: Markup) -> String {
    page(title, "", content)
}

/// A page with rules of its own for print.
pub(super) fn page(title: &str, print: &str, content: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(print)) }
            }
            body {
                (svg::definitions())
                main { (content) }
            }
        }
    };
    inert(&page.into_string())
}

/// A drawing as a file of its own, with the patterns that its fills need.
pub(crate) fn standalone(drawing: Markup) -> String {
    let drawing = drawing.into_string();
    let rest = drawing.strip_prefix("<svg").unwrap_or(&drawing);
    let (head, rest) = rest.split_once('>').unwrap_or((rest, ""));
    let page = html! {
        (PreEscaped("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        (PreEscaped(head)) (PreEscaped(">"))
        style { (PreEscaped(STYLE)) }
        rect class="ground" width="100%" height="100%" {}
        @if rest.contains("class=\"f-") { (svg::definitions()) }
        (PreEscaped(rest))
    };
    inert(&page.into_string())
}

/// The page without characters that are not seen but do something.
fn inert(page: &str) -> String {
    let shown = |c: char| {
        if c != '\n' && text::steers(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    page.chars().map(shown).collect()
}
