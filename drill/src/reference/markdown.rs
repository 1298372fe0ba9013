//! The pages as Markdown, for `docs/reference/`.

use std::fmt::Write;

use super::{FieldDefault, Group, Page, Row, TOP_LEVEL, Table, pages};

/// The first line of every file, so that it is not edited by hand.
const GENERATED: &str = "<!-- Written by `UPDATE_REFERENCE=1 cargo test -p drill --test reference` from the tables of the code. -->\n";

/// The file of the index.
pub const INDEX: &str = "README.md";

/// Every file of `docs/reference/`: its path there, and its text.
pub fn files() -> Vec<(String, String)> {
    let pages = pages();
    let mut files = vec![(INDEX.to_owned(), index(&pages))];
    files.extend(pages.iter().map(|page| (path(page), text(page))));
    files
}

/// The path of a page's file.
pub fn path(page: &Page) -> String {
    format!("{}{}.md", folder(page.group), page.name)
}

fn folder(group: Group) -> &'static str {
    match group {
        Group::Section => "sections/",
        Group::Fault => "faults/",
        Group::Action => "actions/",
        Group::Probe => "probes/",
        Group::Writer => "writers/",
        Group::Variables => "",
    }
}

fn index(pages: &[Page]) -> String {
    let mut text = format!(
        "{GENERATED}# Reference\n\nEvery section, fault, action, probe and writer of the scenario format, from the tables that \
         decode scenarios. `firedrill explain NAME` shows the same text in the terminal. Terms are explained in the \
         [glossary](../glossary.md), and [scenarios/README.md](../../scenarios/README.md) shows how a scenario is written.\n\n\
         Durations are written `250ms`, `90s`, `35m`, `1h30m`, `8d` and are drill time unless the field says wall time. Sizes \
         are written `128B`, `4KiB`, `2GB`.\n"
    );
    for group in Group::ALL {
        let (_, heading) = group.labels();
        let _ = write!(text, "\n## {heading}\n\n");
        for page in pages.iter().filter(|page| page.group == group) {
            let _ = writeln!(text, "- [`{}`]({}): {}", page.name, path(page), page.summary);
        }
    }
    text
}

fn text(page: &Page) -> String {
    let up = if folder(page.group).is_empty() { "" } else { "../" };
    let mut text = format!("{GENERATED}# `{}`\n\n{}\n", page.name, page.summary);
    if !page.details.is_empty() {
        let _ = write!(text, "\n{}\n", page.details);
    }
    if !page.choices.is_empty() {
        choices(&mut text, page);
    }
    for table in page.tables.iter().filter(|table| !table.rows.is_empty()) {
        heading(&mut text, page, table);
        rows(&mut text, table);
    }
    if let Some(section) = page.group.section() {
        let (one, _) = page.group.labels();
        let _ = write!(
            text,
            "\nThe fields that every {one} has are in [`{section}`]({up}sections/{section}.md).\n"
        );
    }
    if !page.needs.is_empty() {
        text.push_str("\n## Needs\n\n");
        for (path, what) in &page.needs {
            let section = path.split('.').next().unwrap_or_default();
            let _ = writeln!(text, "- [`{path}`]({up}sections/{section}.md): {what}");
        }
    }
    impacts(&mut text, page);
    if !page.example.is_empty() {
        let _ = write!(text, "\n## Example\n\n```yaml\n{}\n```\n", page.example);
    }
    let _ = write!(text, "\n[All pages]({up}{INDEX})\n");
    text
}

fn choices(text: &mut String, page: &Page) {
    let groups = Group::ALL.into_iter();
    let group = groups.filter(|group| group.section() == Some(page.name.as_str()));
    for group in group {
        text.push_str("\n## Values of `do`\n\n");
        for (name, doc) in &page.choices {
            let _ = writeln!(text, "- [`{name}`](../{}{name}.md): {doc}", folder(group));
        }
    }
}

fn heading(text: &mut String, page: &Page, table: &Table) {
    let kind = match page.group {
        Group::Variables => "Variables of",
        _ => "Fields of",
    };
    let _ = match table.path.as_str() {
        "" => write!(text, "\n## Fields\n\n"),
        path => write!(text, "\n## {kind} `{path}`{}\n\n", page.form(table)),
    };
    if !table.doc.is_empty() && table.doc != page.summary {
        let _ = write!(text, "{}\n\n", table.doc);
    }
    if page.name == TOP_LEVEL {
        text.push_str("Fields that are a map or a list of maps have a page of their own in this folder.\n\n");
    }
}

fn rows(text: &mut String, table: &Table) {
    let fields = table.rows.iter().any(|row| !row.value.is_empty());
    text.push_str(if fields {
        "| field | value | default | meaning |\n|---|---|---|---|\n"
    } else {
        "| variable | meaning |\n|---|---|\n"
    });
    for row in &table.rows {
        let name = format!("| `{}` |", row.name);
        let _ = if fields {
            writeln!(
                text,
                "{name} {} | {} | {} |",
                cell(&row.value),
                default(row),
                cell(&row.doc)
            )
        } else {
            writeln!(text, "{name} {} |", cell(&row.doc))
        };
    }
}

fn default(row: &Row) -> String {
    match &row.default {
        FieldDefault::Required => "**required**".to_owned(),
        FieldDefault::Value(value) => format!("`{}`", cell(value)),
        FieldDefault::Optional => String::new(),
    }
}

/// Text in a table: a bar would end its cell, and what looks like HTML would not be seen.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn impacts(text: &mut String, page: &Page) {
    if page.impacts.is_empty() {
        return;
    }
    text.push_str(match page.group {
        Group::Fault => "\n## Impact\n\nIn the example below:\n\n",
        _ => "\n## Can recover\n\nIn the example below, a recovery of these can be credited to it:\n\n",
    });
    for impact in &page.impacts {
        let _ = writeln!(text, "- {impact}");
    }
}
