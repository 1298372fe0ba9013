//! Pages of the reference on the terminal: the same text as in `docs/reference/`, without Markdown.

use drill::reference::{FieldDefault, Group, Page, Row, Table};

use super::paint::{Line, Tone, wrap};

/// Texts below a heading, and what belongs to a name below that.
const INDENT: usize = 2;
const DEEPER: usize = 6;

/// A page: what it is, its fields, what it needs, what it affects, and its example.
pub(super) fn page(page: &Page, width: usize) -> Vec<Vec<Line>> {
    let (kind, _) = page.group.labels();
    let title = Line::new(Tone::Strong, &page.name);
    let mut head = vec![match page.group {
        Group::Variables => title,
        _ => title.and(Tone::Quiet, format!("  ({kind})")),
    }];
    head.extend(paragraph(&page.summary, INDENT, width, Tone::Plain));
    let mut all = vec![head, paragraph(&plain(&page.details), INDENT, width, Tone::Plain)];
    all.push(choices(page, width));
    let tables = page.tables.iter().filter(|table| !table.rows.is_empty());
    all.extend(tables.map(|table| fields(page, table, width)));
    if let Some(section) = page.group.section() {
        let text = format!("The fields that every {kind} has: firedrill explain {section}");
        all.push(paragraph(&text, INDENT, width, Tone::Quiet));
    }
    let needs = page.needs.iter().map(|(path, what)| format!("{path}: {what}"));
    all.push(list("NEEDS", needs, width));
    let heading = match page.group {
        Group::Fault => "IMPACT (in the example)",
        _ => "CAN RECOVER (in the example)",
    };
    let impacts = page.impacts.iter().map(|impact| plain(impact));
    all.push(list(heading, impacts, width));
    all.push(example(page));
    all
}

/// All pages by group, with a line each.
pub(super) fn index(pages: &[Page], width: usize) -> Vec<Vec<Line>> {
    let mut all = Vec::new();
    for group in Group::ALL {
        let (_, heading) = group.labels();
        let mut lines = vec![Line::new(Tone::Strong, heading.to_uppercase())];
        for page in pages.iter().filter(|page| page.group == group) {
            lines.extend(named(&page.name, &page.summary, width));
        }
        if lines.len() > 1 {
            all.push(lines);
        }
    }
    all.push(vec![Line::new(
        Tone::Quiet,
        "firedrill explain NAME shows one of them.",
    )]);
    all
}

fn choices(page: &Page, width: usize) -> Vec<Line> {
    if page.choices.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::new(Tone::Strong, "VALUES OF do")];
    for (name, doc) in &page.choices {
        lines.extend(named(name, doc, width));
    }
    lines
}

fn fields(page: &Page, table: &Table, width: usize) -> Vec<Line> {
    let kind = match page.group {
        Group::Variables => "VARIABLES OF",
        _ => "FIELDS OF",
    };
    let heading = match table.path.as_str() {
        "" => "FIELDS".to_owned(),
        path => format!("{kind} {path}{}", page.form(table)),
    };
    let mut lines = vec![Line::new(Tone::Strong, heading)];
    if table.doc != page.summary {
        lines.extend(paragraph(&plain(&table.doc), INDENT, width, Tone::Plain));
    }
    lines.extend(table.rows.iter().flat_map(|row| field(row, width)));
    lines
}

fn field(row: &Row, width: usize) -> Vec<Line> {
    let default = match &row.default {
        FieldDefault::Required => "  required".to_owned(),
        FieldDefault::Value(value) => format!("  default: {value}"),
        FieldDefault::Optional => String::new(),
    };
    let name = Line::new(Tone::Plain, " ".repeat(INDENT)).and(Tone::Strong, &row.name);
    let mut lines = vec![name.and(Tone::Quiet, default)];
    lines.extend(paragraph(&plain(&row.doc), DEEPER, width, Tone::Plain));
    if !row.value.is_empty() {
        let value = format!("Value: {}", row.value);
        lines.extend(paragraph(&value, DEEPER, width, Tone::Quiet));
    }
    lines
}

fn list(heading: &str, texts: impl Iterator<Item = String>, width: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = texts
        .flat_map(|text| paragraph(&text, INDENT, width, Tone::Plain))
        .collect();
    if !lines.is_empty() {
        lines.insert(0, Line::new(Tone::Strong, heading));
    }
    lines
}

fn example(page: &Page) -> Vec<Line> {
    if page.example.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::new(Tone::Strong, "EXAMPLE")];
    let yaml = page.example.lines();
    // Not wrapped, so that it can be copied.
    lines.extend(yaml.map(|line| Line::new(Tone::Plain, format!("{}{line}", " ".repeat(INDENT)))));
    lines
}

/// A name, and what it is, in two columns where there is room.
fn named(name: &str, text: &str, width: usize) -> Vec<Line> {
    const COLUMN: usize = 26;
    let texts = wrap(&plain(text), width - COLUMN - INDENT);
    let lines = texts.iter().enumerate().map(|(n, text)| {
        let name = if n == 0 { name } else { "" };
        Line::new(Tone::Plain, " ".repeat(INDENT))
            .and(Tone::Strong, name)
            .and(Tone::Plain, " ".repeat(COLUMN.saturating_sub(name.len())))
            .and(Tone::Plain, text)
    });
    lines.collect()
}

fn paragraph(text: &str, indent: usize, width: usize, tone: Tone) -> Vec<Line> {
    let lines = wrap(text, width - indent).into_iter();
    lines
        .map(|line| Line::new(Tone::Plain, " ".repeat(indent)).and(tone, line))
        .collect()
}

/// Text without links, which are shown as their text. Code keeps its marks: `from` and `after` read as words without them.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, linked)) = rest.split_once('[') {
        let link = linked
            .split_once("](")
            .and_then(|(label, after)| Some((label, after.split_once(')')?.1)));
        plain.push_str(before);
        match link.filter(|(label, _)| !label.contains([']', '['])) {
            Some((label, after)) => {
                plain.push_str(label);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = linked;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use drill::reference::{Found, find, pages};

    use super::super::{Style, reference, reference_index};
    use super::plain;

    const STYLE: Style = Style {
        colour: false,
        width: 72,
    };

    #[test]
    fn links_are_shown_as_their_text() {
        assert_eq!(
            plain("see [variables](../variables.md) of `do`"),
            "see variables of `do`"
        );
        assert_eq!(plain("a list [a, b] and [c"), "a list [a, b] and [c");
    }

    #[test]
    fn every_page_fits_the_width_and_has_no_codes() {
        for page in pages() {
            let text = reference(&page, STYLE);
            assert!(!text.contains('\u{1b}'), "{}", page.name);
            let example = text.split("\nEXAMPLE\n").next().unwrap_or_default();
            for line in example.lines() {
                assert!(line.chars().count() <= 72, "{}: {line}", page.name);
            }
            assert!(reference_index(std::slice::from_ref(&page), STYLE).contains(&page.name));
        }
    }

    #[test]
    fn a_page_has_fields_needs_impact_and_example() {
        let Found::Page(page) = find("s3.delete_objects") else {
            panic!("it has a page");
        };
        let text = reference(&page, STYLE);
        for part in [
            "s3.delete_objects  (fault)",
            "  fraction  required",
            "firedrill explain faults",
            "cloud.buckets: the bucket",
            "IMPACT",
            "  faults:\n    - {at: 35m, do: s3.delete_objects",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
    }
}
