//! The footer of every printed page: what the report is of, its seal, and the number of the page.
//!
//! It is made of the margin boxes of `@page` (CSS Paged Media), which Chromium prints since version 131. Browsers that do not
//! know them print pages without a footer; the cover and the sign-off have the seal as well.

use std::fmt::Write as _;

use drill::report::Report;

use crate::text;

/// The rules.
pub(super) fn footer(report: &Report) -> String {
    let seal = match &report.seal {
        Some(seal) => format!("seal {seal}"),
        None => "not sealed".to_owned(),
    };
    let partial = if report.complete { "" } else { " (partial)" };
    let what = format!(
        "Firedrill: {}, {}{partial}",
        report.scenario.name,
        text::day(&report.started_at)
    );
    format!(
        "@page {{ @bottom-left {{ content: \"{}\\a {}\"; }} @bottom-right {{ content: \"Page \" counter(page) \" of \" \
         counter(pages); }} }}\n",
        text(&what),
        text(&seal)
    )
}

/// Any text within quotes of CSS: all but plain characters are escaped.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || " :,.-()".contains(c) => escaped.push(c),
            // Writing into a String cannot fail.
            c if text::steers(c) => escaped.push(' '),
            c => drop(write!(escaped, "\\{:x} ", u32::from(c))),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn the_seal_is_whole_and_no_text_ends_the_rule() {
        let report = fixtures::passing().report;
        assert!(footer(&report).contains(report.seal.as_deref().unwrap()));
        let mut hostile = report;
        hostile.scenario.name = "\"; } body { display: none } </style>\\\n".into();
        hostile.seal = None;
        let rules = footer(&hostile);
        assert_eq!(rules.matches('{').count(), 3, "{rules}");
        assert!(!rules.contains('<') && rules.contains("not sealed"), "{rules}");
    }
}
