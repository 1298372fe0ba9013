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

mod comparison;
mod diff;
mod fair;
mod findings;
mod json;
mod kept;
mod page;
mod tables;
mod terminal;
mod view;

#[cfg(test)]
mod tests;

use drill::plan::Plan;

pub use comparison::{Both, Comparison, Drawn, FindingChanges, Pair, SCHEMA, Side, Subject};
pub use json::json;
pub use kept::{Figures, OfBaseline, SideOfBaseline, with_baseline};
pub use page::render as html;
pub use terminal::render as terminal;

use crate::text;

/// Compares two runs.
pub fn compare(a: &Side<'_>, b: &Side<'_>) -> Comparison {
    let (ra, rb) = (a.report, b.report);
    Comparison {
        schema: SCHEMA,
        a: subject(a),
        b: subject(b),
        unfair: fair::unfair(a, b),
        method: fair::METHOD.to_owned(),
        objectives: pairs(&ra.objectives, &rb.objectives, text::objective_name),
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

fn subject(side: &Side<'_>) -> Subject {
    let report = side.report;
    Subject {
        name: side.name.clone(),
        scenario: report.scenario.name.clone(),
        title: report.scenario.title.clone(),
        verdict: report.verdict,
        complete: report.complete,
        lacks_seal: report.lacks_seal,
        started_at: report.started_at.clone(),
        seed: report.seed,
        cloud: text::cloud(report),
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

/// What was drawn otherwise: durations of steps, and the targets of faults.
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
            let objects = |keys: &[String]| text::plural(keys.len() as u64, "object");
            drawn.push(Drawn {
                what: format!("targets of fault {}", fault.id),
                a: objects(keys),
                b: format!("{}, {} of them the same", objects(others), text::count(same)),
            });
        }
    }
    drawn
}
