//! What was found, for people and for programs.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::json;

use super::finding::{Finding, State};
use crate::exit::Failure;

/// A table, and how to get what is not there.
pub(super) fn text(findings: &[Finding], width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(["", "state", "found", "needed for"]);
    for finding in findings {
        table.add_row([
            finding.name,
            finding.state.word(),
            &finding.found,
            finding.needed_for,
        ]);
    }
    let mut text = format!("{table}\n");
    let wanting: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.state != State::Ok)
        .collect();
    if !wanting.is_empty() {
        text.push_str("\nHow to get more out of this machine:\n");
    }
    for finding in wanting {
        let _ = writeln!(text, "  {}: {}", finding.name, finding.how_to_get);
    }
    if !findings.iter().any(Finding::is_in_the_way) {
        text.push_str("\nDrills on the embedded cloud can run here.\n");
    }
    text
}

/// The same, with how to get each.
pub(super) fn json(findings: &[Finding], can_drill: bool) -> Result<String, Failure> {
    let document = json!({"schema": 1, "can_drill": can_drill, "checks": findings});
    let text = serde_json::to_string_pretty(&document);
    let text = text.map_err(|error| Failure::environment("cannot write down what was found", error))?;
    Ok(format!("{text}\n"))
}
