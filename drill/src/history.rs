//! The history of drills: one line for each, which stays when the run's folder is moved away.
//!
//! `history.jsonl` lies in the folder of all runs. `run` appends a [`Row`] to it when a drill ends. Where the run's own report is
//! still there, that counts, and the row is made from it.

use serde::{Deserialize, Serialize};

use crate::report::{Metric, ObjectiveVerdict, Report, Seconds, Severity, Verdict};
use crate::scenario::Exercise;

/// The name of the file.
pub const FILE: &str = "history.jsonl";

/// The version of a row.
pub const VERSION: u32 = 1;

/// One drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// [`VERSION`].
    pub v: u32,
    /// The run's folder, from the folder of all runs on (`hello/20261130T214100Z-1`).
    pub run: String,
    /// The name of the scenario.
    pub scenario: String,
    /// SHA-256 (hex) of the scenario file.
    pub scenario_sha256: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The seed of every draw.
    pub seed: u64,
    /// The backend.
    pub cloud: String,
    /// Its seal, if it reached its end; rows of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// What kind of exercise it was, if it was one without faults, which is no drill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Exercise>,
    /// Whether the run reached its end.
    pub complete: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// Each objective, as far as a trend needs it.
    pub objectives: Vec<Achieved>,
    /// How many findings of each severity.
    pub findings: Counts,
    /// The version of the plan that was drilled, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanVersion>,
}

/// Which version of a plan was drilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanVersion {
    /// What the plan calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 (hex) of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// An objective and what was achieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Achieved {
    /// The service; the drill's MTD stands under `*`.
    pub service: String,
    /// Which target.
    pub metric: Metric,
    /// The target.
    pub target_s: Seconds,
    /// What was achieved, if it is known; the bound of `at_least_s` where that is given.
    pub actual_s: Option<Seconds>,
    /// If it is not known exactly: it is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least_s: Option<Seconds>,
    /// `actual_s` is exact to ± this.
    pub error_s: Seconds,
    /// The verdict.
    pub verdict: ObjectiveVerdict,
}

/// How many findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Of those that say that the plan does not work.
    pub critical: u64,
    /// Of those that say that it does not work as it says.
    pub warning: u64,
    /// Of those that are good to know.
    pub note: u64,
}

impl Row {
    /// The row of a run that left this report in this folder.
    pub fn from_report(run: &str, report: &Report) -> Row {
        let count = |severity: Severity| {
            let of = report
                .findings
                .iter()
                .filter(|finding| finding.severity == severity);
            of.count() as u64
        };
        let objectives = report.objectives.iter().map(|objective| Achieved {
            service: objective.service.clone(),
            metric: objective.metric,
            target_s: objective.target_s,
            actual_s: objective.actual_s,
            at_least_s: objective.at_least_s,
            error_s: objective.error_s,
            verdict: objective.verdict,
        });
        let plan = report.details.as_ref().and_then(|details| details.plan.as_ref());
        let plan = plan.map(|plan| PlanVersion {
            version: plan.version.clone(),
            sha256: plan.sha256.clone(),
        });
        Row {
            v: VERSION,
            run: run.to_owned(),
            scenario: report.scenario.name.clone(),
            scenario_sha256: report.scenario.sha256.clone(),
            started_at: report.started_at.clone(),
            seed: report.seed,
            cloud: report.cloud.clone(),
            seal: report.seal.clone(),
            exercise: report.exercise.as_ref().map(|exercise| exercise.kind),
            complete: report.complete,
            verdict: report.verdict,
            objectives: objectives.collect(),
            findings: Counts {
                critical: count(Severity::Critical),
                warning: count(Severity::Warning),
                note: count(Severity::Note),
            },
            plan,
        }
    }

    /// Whether both are of the same run, wherever its folder lies: by the seals, else by scenario, seed and time.
    pub fn is_same_drill(&self, other: &Row) -> bool {
        if let (Some(seal), Some(others)) = (&self.seal, &other.seal) {
            return seal == others;
        }
        let of = |row: &Row| {
            let scenario = (row.scenario.clone(), row.scenario_sha256.clone());
            (
                scenario,
                row.seed,
                row.cloud.clone(),
                row.started_at.clone(),
                row.complete,
            )
        };
        of(self) == of(other)
    }

    /// The objective of this metric whose figure is the largest share of its target.
    pub fn worst(&self, metric: Metric) -> Option<&Achieved> {
        let of = self
            .objectives
            .iter()
            .filter(|achieved| achieved.metric == metric);
        let known = of.filter_map(|achieved| Some((achieved, achieved.share()?)));
        known
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(achieved, _)| achieved)
    }
}

impl Achieved {
    /// The figure as a share of its target.
    fn share(&self) -> Option<f64> {
        let figure = self.at_least_s.or(self.actual_s)?;
        Some(figure / self.target_s.max(f64::MIN_POSITIVE))
    }
}

/// A line of `history.jsonl` that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BrokenRow {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads `history.jsonl`: its rows in order, and the lines that are none. Of two rows of one drill the later counts; drills whose
/// folders had the same name, one after the other, are several.
pub fn read(bytes: &[u8]) -> (Vec<Row>, Vec<BrokenRow>) {
    let (mut rows, mut broken) = (Vec::<Row>::new(), Vec::new());
    for (line, text) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Row>(text) {
            Ok(row) if row.v == VERSION => {
                rows.retain(|known| !known.is_same_drill(&row));
                rows.push(row);
            }
            Ok(row) => broken.push(BrokenRow {
                line,
                reason: format!(
                    "it has version {}, and this version of Firedrill reads {VERSION}",
                    row.v
                ),
            }),
            Err(error) => broken.push(BrokenRow {
                line,
                reason: format!("cannot be read: {}", without_place(&error)),
            }),
        }
    }
    (rows, broken)
}

/// What a parser says, without its count of lines: each line here is read alone.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let said = text.split(" at line ").next().unwrap_or_default();
    format!("{said} at column {}", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run: &str, seal: Option<&str>) -> Row {
        Row {
            v: VERSION,
            run: run.to_owned(),
            scenario: "loss".to_owned(),
            scenario_sha256: "0".to_owned(),
            started_at: "2026-11-30T21:41:07Z".to_owned(),
            seed: 1,
            cloud: "embedded".to_owned(),
            seal: seal.map(str::to_owned),
            exercise: None,
            complete: true,
            verdict: Verdict::Pass,
            objectives: Vec::new(),
            findings: Counts::default(),
            plan: None,
        }
    }

    #[test]
    fn a_run_is_the_same_wherever_it_lies() {
        let here = row("loss/a", Some("a"));
        assert!(here.is_same_drill(&row("archive/a", Some("a"))));
        assert!(!here.is_same_drill(&row("loss/a-2", Some("b"))));
        // Lines of earlier versions have no seal.
        assert!(here.is_same_drill(&row("archive/a", None)));
        let later = Row {
            started_at: "2026-11-30T21:41:08Z".to_owned(),
            ..row("loss/b", None)
        };
        assert!(!here.is_same_drill(&later));
    }

    #[test]
    fn drills_whose_folders_had_one_name_are_several() {
        let line = |row: &Row| serde_json::to_string(row).expect("JSON");
        let (first, second) = (row("nightly/loss/1", Some("a")), row("nightly/loss/1", Some("b")));
        let text = [line(&first), line(&second), line(&second)].join("\n");
        assert_eq!(read(text.as_bytes()), (vec![first, second], Vec::new()));
    }

    #[test]
    fn lines_without_seal_and_exercise_are_read() {
        let line = serde_json::to_string(&row("loss/a", None)).expect("JSON");
        assert!(!line.contains("seal") && !line.contains("exercise"));
        assert_eq!(read(line.as_bytes()), (vec![row("loss/a", None)], Vec::new()));
    }
}
