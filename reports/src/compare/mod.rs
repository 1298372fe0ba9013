//! Two runs side by side: what differs in what they were, and in what came out.
//!
//! ```text
//!   run A ──► Side ──┐                 ┌──► terminal  what a person reads first
//!                    ├──► Comparison ──┼──► page      for a browser
//!   run B ──► Side ──┘                 └──► json      every figure of both
//! ```
//!
//! What makes the comparison unfair (another seed, cloud, tool, machine) stands before every figure. A comparison calls nothing a
//! regression: measured times differ from run to run, and two single runs cannot tell how much.

mod diff;
mod fair;
mod findings;
mod kept;
mod page;
mod tables;
mod terminal;
mod view;

#[cfg(test)]
mod tests;

use baseline::Machine;
use drill::plan::Plan;
use drill::report::{DataSet, Finding, Objective, Report, Step, Verdict};
use serde::Serialize;

use crate::words;

pub use kept::{Figures, OfBaseline, SideOfBaseline, with_baseline};
pub use page::render as html;
pub use terminal::render as terminal;

/// The version of the JSON.
pub const SCHEMA: u32 = 1;

/// One of the two runs that are compared.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// The run as the user named it.
    pub name: String,
    /// Its report.
    pub report: &'a Report,
    /// The text of its scenario.
    pub scenario: &'a str,
    /// The steps that decided when its recovery ended, first to last.
    pub critical_path: Vec<String>,
    /// What was drawn for it.
    pub plan: &'a Plan,
    /// The version of Firedrill that ran it, if it is on record.
    pub tool: Option<String>,
    /// What it ran on, if that is on record.
    pub machine: Option<Machine>,
}

/// Both runs, matched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The first run.
    pub a: Subject,
    /// The second run; differences are of it against the first.
    pub b: Subject,
    /// What makes the comparison unfair, a sentence each; empty if nothing on record does.
    pub unfair: Vec<String>,
    /// What a comparison can tell, and what not.
    pub method: String,
    /// Each objective of either run.
    pub objectives: Vec<Pair<Objective>>,
    /// Each runbook step of either run.
    pub steps: Vec<Pair<Step>>,
    /// The steps that decided when each run's recovery ended, first to last.
    pub critical_path: Both<Vec<String>>,
    /// Each data set of either run.
    pub data: Vec<Pair<DataSet>>,
    /// What was found in one run and not in the other.
    pub findings: FindingChanges,
    /// What was drawn otherwise.
    pub draws: Vec<Drawn>,
    /// The scenario of the second run against that of the first, as a unified diff; none where both are the same bytes.
    pub scenario_diff: Option<String>,
}

/// What one of the runs is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// As the user named it.
    pub name: String,
    /// The scenario's name.
    pub scenario: String,
    /// What happens in it.
    pub title: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether the run reached its end.
    pub complete: bool,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The seed of every draw.
    pub seed: u64,
    /// Where its AWS was.
    pub cloud: String,
    /// The version of Firedrill that ran it, if it is on record.
    pub tool: Option<String>,
    /// The hash over all of its records.
    pub seal: Option<String>,
}

/// The same thing in both runs; `null` where a run has none of this name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair<T> {
    /// What it is called.
    pub name: String,
    /// In the first run.
    pub a: Option<T>,
    /// In the second run.
    pub b: Option<T>,
}

/// Something of each run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Both<T> {
    /// Of the first run.
    pub a: T,
    /// Of the second run.
    pub b: T,
}

/// How findings changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingChanges {
    /// In the second run only.
    pub came: Vec<Finding>,
    /// In the first run only.
    pub went: Vec<Finding>,
    /// In both, though their figures may differ: as the second run says them.
    pub stayed: Vec<Finding>,
}

/// Something that was drawn for both runs, and differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// What.
    pub what: String,
    /// For the first run.
    pub a: String,
    /// For the second run.
    pub b: String,
}

/// Compares two runs.
pub fn compare(a: &Side<'_>, b: &Side<'_>) -> Comparison {
    let (ra, rb) = (a.report, b.report);
    Comparison {
        schema: SCHEMA,
        a: subject(a),
        b: subject(b),
        unfair: fair::unfair(a, b),
        method: fair::METHOD.to_owned(),
        objectives: pairs(&ra.objectives, &rb.objectives, words::objective_name),
        steps: pairs(&ra.steps, &rb.steps, |step| step.id.clone()),
        critical_path: Both {
            a: a.critical_path.clone(),
            b: b.critical_path.clone(),
        },
        data: pairs(&ra.data, &rb.data, |set| set.name.clone()),
        findings: findings::changes(&ra.findings, &rb.findings),
        draws: draws(a.plan, b.plan),
        scenario_diff: diff::unified(a.scenario, b.scenario),
    }
}

/// The comparison as JSON.
pub fn json(comparison: &Comparison) -> String {
    to_json(comparison)
}

fn to_json(comparison: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(comparison).expect("a comparison has only texts and figures");
    drill::text::plain_json(json) + "\n"
}

fn subject(side: &Side<'_>) -> Subject {
    let report = side.report;
    Subject {
        name: side.name.clone(),
        scenario: report.scenario.name.clone(),
        title: report.scenario.title.clone(),
        verdict: report.verdict,
        complete: report.complete,
        started_at: report.started_at.clone(),
        seed: report.seed,
        cloud: words::cloud(report),
        tool: side.tool.clone(),
        seal: report.seal.clone(),
    }
}

/// What has the same name in both, in the order of the first run; then what only the second one has.
fn pairs<T: Clone>(a: &[T], b: &[T], name: impl Fn(&T) -> String) -> Vec<Pair<T>> {
    let of_name = |all: &[T], wanted: &str| all.iter().find(|one| name(one) == wanted).cloned();
    let mut pairs: Vec<Pair<T>> = Vec::new();
    for one in a.iter().chain(b) {
        let name = name(one);
        if pairs.iter().any(|pair| pair.name == name) {
            continue;
        }
        pairs.push(Pair {
            a: of_name(a, &name),
            b: of_name(b, &name),
            name,
        });
    }
    pairs
}

/// What was drawn otherwise: durations of steps, and what faults struck.
fn draws(a: &Plan, b: &Plan) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    for step in &a.steps {
        let Some(other) = b.steps.iter().find(|other| other.id == step.id) else {
            continue;
        };
        if other.takes != step.takes {
            drawn.push(Drawn {
                what: format!("modelled time of step {}", step.id),
                a: step.takes.to_string(),
                b: other.takes.to_string(),
            });
        }
    }
    for fault in &a.faults {
        let Some(other) = b.faults.iter().find(|other| other.id == fault.id) else {
            continue;
        };
        let (Some(keys), Some(others)) = (&fault.targets, &other.targets) else {
            continue;
        };
        let same = keys.iter().filter(|key| others.contains(key)).count() as u64;
        if keys != others {
            let objects = |keys: &[String]| words::plural(keys.len() as u64, "object");
            drawn.push(Drawn {
                what: format!("targets of fault {}", fault.id),
                a: objects(keys),
                b: format!("{}, {} of them the same", objects(others), words::count(same)),
            });
        }
    }
    drawn
}
