//! The study on the terminal: the recommendation first, then the sweep as a table.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use drill::text::clean;
use forecast::capacity::Study;

use super::text;
use crate::text::{count, share};

/// So many rows are shown; the files have all.
const MOST_ROWS: usize = 60;

/// The study, for a terminal of so many columns.
pub fn render(study: &Study, columns: usize) -> String {
    let mut text = String::new();
    if let Some(advice) = &study.advice {
        text.push_str(&format!(" {}.\n", text::headline(study, advice)));
        for sentence in text::recommendation(study, advice) {
            text.push_str(&format!("   {sentence}\n"));
        }
    }
    if let Some(needs) = &study.needs {
        text.push_str("\n So that nothing is lost behind it\n");
        for (what, need) in text::needs(needs) {
            text.push_str(&format!("   {what}: {need}\n"));
        }
    }
    if !study.points.is_empty() {
        text.push_str(&format!("\n{}\n", sweep(study, columns)));
    }
    if !study.complete {
        text.push_str("\n Interrupted: what is not listed was not simulated.\n");
    }
    text.push_str(&format!(
        "\n Modelled, seed {}; times count from the loss of the sessions. Target {} ({}).\n",
        study.seed,
        text::time(study.target_ms),
        study.target_source
    ));
    clean(&text)
}

fn sweep(study: &Study, columns: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    table.set_header([
        "policy",
        "devices",
        "connects/s",
        "99 % back",
        "all back",
        "floor",
        "attempts each",
        "refused",
        "target",
    ]);
    for point in study.points.iter().take(MOST_ROWS) {
        let each = point.attempts as f64 / point.devices.max(1) as f64;
        table.add_row([
            point.policy.clone(),
            count(point.devices),
            count(point.connects_per_second.into()),
            text::back(point.back_after_ms[2]),
            text::back(point.back_after_ms[3]),
            text::time(point.floor_ms),
            format!("{each:.1}"),
            share(point.refused as f64, point.attempts as f64),
            if point.meets { "met" } else { "missed" }.to_owned(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = table.to_string();
    if study.points.len() > MOST_ROWS {
        text.push_str(&format!(
            "\n … and {} more, in the files",
            study.points.len() - MOST_ROWS
        ));
    }
    text
}
