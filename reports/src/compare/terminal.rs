//! The comparison on the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};
use drill::report::Finding;
use drill::text::clean;

use super::comparison::Comparison;
use super::tables::Table;
use super::view::{self, Heading, View};
use crate::terminal::wrap;
use crate::text;

/// Lines of the scenarios' difference that are shown; the page has all.
const MOST_LINES: usize = 60;

/// The comparison, for a terminal of so many columns.
pub fn render(comparison: &Comparison, columns: usize) -> String {
    shown(&view::build(comparison), columns)
}

pub(super) fn shown(view: &View, columns: usize) -> String {
    let mut text = format!(" {}\n", text::one_line(&view.title));
    heading(&mut text, "A", &view.a, columns);
    heading(&mut text, "B", &view.b, columns);
    text.push_str("\n Before you compare\n");
    for sentence in view.unfair.iter().chain([&view.method]) {
        paragraph(&mut text, "! ", sentence, columns);
    }
    let first = [&view.objectives].into_iter();
    for table in first.chain(&view.steps).chain(&view.data) {
        grid(&mut text, table, columns);
    }
    text.push_str("\n Critical path\n");
    for (which, path) in ["A  ", "B  "].into_iter().zip(&view.paths) {
        paragraph(&mut text, which, path, columns);
    }
    if let Some([came, went, stayed]) = &view.findings {
        list(&mut text, "Findings in B only", came, columns);
        list(&mut text, "Findings in A only", went, columns);
        let stayed = text::plural(stayed.len() as u64, "finding");
        text.push_str(&format!("\n {stayed} in both.\n"));
    }
    if let Some(drilled) = &view.drilled {
        if let Some(draws) = &drilled.draws {
            grid(&mut text, draws, columns);
        }
        if let Some(diff) = &drilled.scenario {
            scenario(&mut text, diff);
        }
    }
    clean(&text)
}

fn heading(text: &mut String, which: &str, heading: &Heading, columns: usize) {
    let verdict = heading.verdict.map(text::verdict);
    let verdict = verdict.map_or(String::new(), |verdict| format!("{verdict} · "));
    let said = format!("{} · {verdict}{}", heading.name, heading.about);
    paragraph(text, &format!("{which}  "), &said, columns);
}

fn paragraph(text: &mut String, sign: &str, sentence: &str, columns: usize) {
    let indent = sign.chars().count();
    let lines = wrap(sentence, columns.saturating_sub(4 + indent));
    for (at, line) in lines.iter().enumerate() {
        let before = if at == 0 { sign } else { "" };
        text.push_str(&format!("   {before:indent$}{line}\n"));
    }
}

fn grid(text: &mut String, table: &Table, columns: usize) {
    text.push_str(&format!("\n {}\n", text::one_line(&table.heading)));
    if let Some(note) = &table.note {
        paragraph(text, "", note, columns);
    }
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    grid.set_header(["  ", "A", "B", "B against A"]);
    for row in &table.rows {
        let name = format!("  {}", row.name);
        grid.add_row([&name, &row.a, &row.b, &row.change].map(|cell| text::one_line(cell)));
    }
    for column in grid.column_iter_mut().skip(1).take(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = grid.to_string();
    for line in lines.lines() {
        text.push_str(&format!("{}\n", line.trim_end()));
    }
}

fn list(text: &mut String, heading: &str, findings: &[Finding], columns: usize) {
    if findings.is_empty() {
        return;
    }
    text.push_str(&format!("\n {heading}\n"));
    for finding in findings {
        let sign = text::severity_sign(finding.severity);
        let said = format!("{}: {}", text::severity(finding.severity), finding.text);
        paragraph(text, &format!("{sign} "), &said, columns);
    }
}

fn scenario(text: &mut String, diff: &str) {
    text.push_str("\n Scenario, B against A\n");
    let lines: Vec<&str> = diff.lines().collect();
    for line in lines.iter().take(MOST_LINES) {
        text.push_str(&format!("   {}\n", text::one_line(line)));
    }
    if lines.len() > MOST_LINES {
        let more = (lines.len() - MOST_LINES) as u64;
        text.push_str(&format!("   … and {} more\n", text::plural(more, "line")));
    }
}
