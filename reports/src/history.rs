//! The list of drills: a row each, the newest last.

use std::fmt::Write as _;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use drill::history::{Achieved, Counts, PlanVersion, Row};
use drill::report::{Metric, ObjectiveVerdict, Verdict};
use drill::text::clean;
use drill::units::Span;
use serde_json::{Value, json};

/// The columns of the verdict and of the run.
const VERDICT: usize = 4;
const RUN: usize = 9;

/// What stands where a run's folder is not there any more.
const GONE: &str = "folder not here";

/// A table of drills, each with whether its folder is there, for so many columns.
pub fn text(rows: &[(Row, bool)], width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header([
        "when (UTC)",
        "scenario",
        "seed",
        "cloud",
        "verdict",
        "worst RTA / RTO",
        "worst RPA / RPO",
        "findings",
        "plan",
        "run",
    ]);
    for (row, here) in rows {
        let run = match here {
            true => row.run.clone(),
            false => format!("{} ({GONE})", row.run),
        };
        table.add_row([
            when(&row.started_at),
            row.scenario.clone(),
            row.seed.to_string(),
            row.cloud.clone(),
            verdict(row).to_owned(),
            row.worst(Metric::Rto).map_or_else(none, figure),
            row.worst(Metric::Rpo).map_or_else(none, figure),
            findings(row.findings),
            row.plan.as_ref().map_or_else(none, plan),
            run,
        ]);
    }
    // A name that is to be copied, and words that are to be found, stay in one piece; figures wrap.
    for column in [VERDICT, RUN] {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut text = clean(&format!("{table}\n"));
    let gone = rows.iter().filter(|(_, here)| !here).count();
    if gone > 0 {
        let _ = writeln!(
            text,
            "\n{GONE}: {gone} of {}; what stands here of them is what history.jsonl has.",
            rows.len()
        );
    }
    text
}

/// The same for programs.
pub fn json(rows: &[(Row, bool)]) -> String {
    let row = |(row, here): &(Row, bool)| {
        let mut value = serde_json::to_value(row).unwrap_or(Value::Null);
        if let Value::Object(fields) = &mut value {
            fields.insert("folder_is_here".to_owned(), json!(here));
        }
        value
    };
    let rows: Vec<Value> = rows.iter().map(row).collect();
    let text = serde_json::to_string_pretty(&json!({"schema": 1, "runs": rows}));
    text.unwrap_or_default() + "\n"
}

fn none() -> String {
    "-".to_owned()
}

/// `2026-11-30 21:41` of `2026-11-30T21:41:00Z`.
fn when(started_at: &str) -> String {
    match (started_at.get(..10), started_at.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time}"),
        _ => started_at.to_owned(),
    }
}

fn verdict(row: &Row) -> &'static str {
    match (row.verdict, row.complete) {
        (Verdict::Pass, true) => "pass",
        (Verdict::Fail, true) => "fail",
        (Verdict::Inconclusive, true) => "inconclusive",
        (_, false) => "interrupted",
    }
}

/// `1h 38m 30s / 1h missed (program-delivery)`.
fn figure(achieved: &Achieved) -> String {
    let span = |seconds: f64| Span::from_millis((seconds * 1_000.0).round() as i64);
    let actual = match (achieved.at_least_s, achieved.actual_s) {
        (Some(least), _) => format!("at least {}", span(least)),
        (None, Some(actual)) => span(actual).to_string(),
        (None, None) => "not known".to_owned(),
    };
    let verdict = match achieved.verdict {
        ObjectiveVerdict::Pass => "met",
        ObjectiveVerdict::Fail => "missed",
        ObjectiveVerdict::Inconclusive => "not told",
        ObjectiveVerdict::NotExercised => "not exercised",
        ObjectiveVerdict::Unaffected => "unaffected",
    };
    format!(
        "{actual} / {} {verdict} ({})",
        span(achieved.target_s),
        achieved.service
    )
}

/// `2 critical, 1 warning`; notes are no defects.
fn findings(counts: Counts) -> String {
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    match (counts.critical, counts.warning) {
        (0, 0) => "none".to_owned(),
        (0, n) => format!("{n} warning{}", plural(n)),
        (n, 0) => format!("{n} critical"),
        (n, m) => format!("{n} critical, {m} warning{}", plural(m)),
    }
}

/// What the plan calls itself, or the beginning of its hash.
fn plan(plan: &PlanVersion) -> String {
    let hash = plan.sha256.as_deref().and_then(|hash| hash.get(..12));
    match (&plan.version, hash) {
        (Some(version), _) => version.clone(),
        (None, Some(hash)) => hash.to_owned(),
        (None, None) => none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drill::history::VERSION;

    fn row(run: &str, actual: Option<f64>, at_least: Option<f64>, verdict: ObjectiveVerdict) -> Row {
        Row {
            v: VERSION,
            run: run.to_owned(),
            scenario: "loss".to_owned(),
            scenario_sha256: String::new(),
            started_at: "2026-11-30T21:41:07Z".to_owned(),
            seed: 1,
            cloud: "embedded".to_owned(),
            complete: true,
            verdict: Verdict::Fail,
            objectives: vec![Achieved {
                service: "orders".to_owned(),
                metric: Metric::Rto,
                target_s: 3_600.0,
                actual_s: actual,
                at_least_s: at_least,
                error_s: 1.0,
                verdict,
            }],
            findings: Counts {
                critical: 1,
                warning: 2,
                note: 3,
            },
            plan: None,
        }
    }

    #[test]
    fn a_row_for_each_drill() {
        let rows = [
            (
                row("loss/a", Some(5_910.0), Some(5_910.0), ObjectiveVerdict::Fail),
                true,
            ),
            (
                Row {
                    complete: false,
                    findings: Counts::default(),
                    plan: Some(PlanVersion {
                        version: None,
                        sha256: Some("0123456789abcdef".to_owned()),
                    }),
                    ..row("loss/b", Some(60.0), None, ObjectiveVerdict::Pass)
                },
                false,
            ),
        ];
        insta::assert_snapshot!(text(&rows, 200));
        let document: Value = serde_json::from_str(&json(&rows)).unwrap();
        assert_eq!(document["runs"][1]["folder_is_here"], false);
        assert_eq!(document["runs"][0]["objectives"][0]["at_least_s"], 5910.0);
    }
}
