//! The list of drills, the newest last: a row each, or some lines where a row has no room.

use std::fmt::Write as _;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use drill::history::{Achieved, Counts, PlanVersion, Row};
use drill::report::{EMBEDDED, Metric, ObjectiveVerdict, Verdict};
use drill::scenario::Exercise;
use drill::text::clean;
use drill::units::Span;
use serde_json::{Value, json};

use crate::terminal::wrap;

/// What stands where a run's folder is not there any more.
const GONE: &str = "folder not here";

/// What stands where a run's report is not what its records give.
const CHANGED: &str = "changed since it was judged";

/// A drill in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// What is said of it.
    pub row: Row,
    /// What that rests on.
    pub records: Records,
}

/// What is known of a run's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// They are there, and give what its report says.
    Verified,
    /// They are there, and do not: nothing that its report says counts.
    Changed,
    /// The run's folder is not there; what is said of it is its line in `history.jsonl`.
    NotHere,
}

impl Records {
    fn name(self) -> &'static str {
        match self {
            Records::Verified => "verified",
            Records::Changed => "changed",
            Records::NotHere => "not_here",
        }
    }
}

/// Where fewer columns are there than this, each drill has lines of its own instead of a row.
const WIDE: u16 = 130;

/// What is known of a drill, by the headings of the table.
const HEADINGS: [&str; 10] = [
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
];

/// The columns of the verdict and of the run.
const VERDICT: usize = 4;
const RUN: usize = 9;

/// A drill in the order of the headings.
fn cells(one: &Listed) -> [String; HEADINGS.len()] {
    let Listed { row, records } = one;
    let verdict = match records {
        Records::Changed => CHANGED.to_owned(),
        Records::Verified | Records::NotHere => verdict(row).to_owned(),
    };
    let run = match records {
        Records::NotHere => format!("{} ({GONE})", row.run),
        Records::Verified | Records::Changed => row.run.clone(),
    };
    let worst = |metric: Metric| judged(one, |row| row.worst(metric).map_or_else(none, figure));
    [
        when(&row.started_at),
        row.scenario.clone(),
        row.seed.to_string(),
        row.cloud.clone(),
        verdict,
        worst(Metric::Rto),
        worst(Metric::Rpo),
        judged(one, |row| findings(row.findings)),
        judged(one, |row| row.plan.as_ref().map_or_else(none, plan)),
        run,
    ]
}

/// What is said of a run, where its report is what its records give.
fn judged(one: &Listed, cell: impl Fn(&Row) -> String) -> String {
    match one.records {
        Records::Changed => none(),
        Records::Verified | Records::NotHere => cell(&one.row),
    }
}

/// The drills for so many columns: a table, or where that is too wide, lines for each.
pub fn text(rows: &[Listed], width: u16) -> String {
    let drills = if width < WIDE {
        rows.iter().map(|one| lines(one, usize::from(width))).collect()
    } else {
        table(rows, width)
    };
    let mut text = clean(&drills);
    let count = |wanted: Records| rows.iter().filter(|one| one.records == wanted).count();
    let (gone, changed) = (count(Records::NotHere), count(Records::Changed));
    if changed > 0 {
        let _ = writeln!(
            text,
            "\n{CHANGED}: {changed} of {}; their reports are not what their records give, and count for nothing.",
            rows.len()
        );
    }
    if gone > 0 {
        let _ = writeln!(
            text,
            "\n{GONE}: {gone} of {}; what stands here of them is what history.jsonl has.",
            rows.len()
        );
    }
    text
}

fn table(rows: &[Listed], width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(HEADINGS);
    for one in rows {
        table.add_row(cells(one));
    }
    // A name that is to be copied, and words that are to be found, stay in one piece; figures wrap.
    for column in [VERDICT, RUN] {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    format!("{table}\n")
}

/// The run, which says when, of what and with which seed; and what is known of it, below.
fn lines(one: &Listed, width: usize) -> String {
    let [when, _, _, cloud, verdict, rta, rpa, findings, plan, run] = cells(one);
    let mut said = vec![verdict];
    let rest = [
        ("RTA", rta),
        ("RPA", rpa),
        ("findings:", findings),
        ("plan", plan),
    ];
    said.extend(
        rest.into_iter()
            .filter(|(_, value)| *value != none())
            .map(|(name, value)| format!("{name} {value}")),
    );
    if cloud != EMBEDDED {
        said.push(format!("cloud {cloud}"));
    }
    let mut text = format!("{when}  {run}\n");
    for line in wrap(&said.join("; "), width.saturating_sub(4).max(20)) {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

/// The same for programs. Of a run that was changed there is neither verdict nor figures.
pub fn json(rows: &[Listed]) -> String {
    let row = |Listed { row, records }: &Listed| {
        let mut value = serde_json::to_value(row).unwrap_or(Value::Null);
        if let Value::Object(fields) = &mut value {
            fields.insert("folder_is_here".to_owned(), json!(*records != Records::NotHere));
            fields.insert("records".to_owned(), json!(records.name()));
            if *records == Records::Changed {
                fields.insert("verdict".to_owned(), Value::Null);
                fields.insert("findings".to_owned(), Value::Null);
                fields.insert("objectives".to_owned(), json!([]));
                fields.remove("plan");
            }
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
    match (row.exercise, row.complete) {
        (Some(Exercise::Tabletop), true) => return "tabletop, no drill",
        (Some(_), true) => return "walkthrough, no drill",
        _ => {}
    }
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
            seal: None,
            exercise: None,
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
        let interrupted = Row {
            complete: false,
            findings: Counts::default(),
            plan: Some(PlanVersion {
                version: None,
                sha256: Some("0123456789abcdef".to_owned()),
            }),
            ..row("loss/b", Some(60.0), None, ObjectiveVerdict::Pass)
        };
        let exercise = Row {
            exercise: Some(Exercise::Tabletop),
            verdict: Verdict::Inconclusive,
            ..row("loss/c", None, None, ObjectiveVerdict::NotExercised)
        };
        let missed = |run| row(run, Some(5_910.0), Some(5_910.0), ObjectiveVerdict::Fail);
        let listed = |row, records| Listed { row, records };
        let rows = [
            listed(missed("loss/a"), Records::Verified),
            listed(interrupted, Records::NotHere),
            listed(exercise, Records::Verified),
            listed(missed("loss/d"), Records::Changed),
        ];
        insta::assert_snapshot!(text(&rows, 200));
        insta::assert_snapshot!("lines_in_80_columns", text(&rows, 80));
        let document: Value = serde_json::from_str(&json(&rows)).unwrap();
        assert_eq!(document["runs"][1]["folder_is_here"], false);
        assert_eq!(document["runs"][0]["objectives"][0]["at_least_s"], 5910.0);
        assert_eq!(document["runs"][2]["exercise"], "tabletop");
        assert_eq!(document["runs"][3]["records"], "changed");
        assert_eq!(document["runs"][3]["verdict"], Value::Null);
    }
}
