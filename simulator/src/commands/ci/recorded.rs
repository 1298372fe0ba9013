//! The runs of an earlier suite: `ci.json` says on what and how they ran.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use baseline::{Context, Machine};
use drill::report::Report;
use reports::suite::{Drill, Drilled};
use serde::{Deserialize, Serialize};

use super::OfScenario;
use super::work::Item;
use crate::commands::report::judge_folder;
use crate::commands::source;
use crate::exit::Failure;
use crate::run_folder;

/// The file that says what a folder of runs is.
pub(super) const FILE: &str = "ci.json";

/// The version of that file.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    schema: u32,
    tool: String,
    machine: Machine,
    /// How many drills ran at once, by scenario.
    jobs: BTreeMap<String, u32>,
    /// How many drills there were of each scenario: none of them may be left out later.
    repeat: u32,
}

/// Says what the runs of a suite in this folder are.
///
/// # Errors
/// If that cannot be written.
pub(super) fn write(out: &Path, items: &[Item], repeat: u32) -> Result<(), Failure> {
    let Some(first) = items.first() else { return Ok(()) };
    let jobs = items
        .iter()
        .map(|item| (item.scenario.name.clone(), item.context.jobs));
    let suite = Suite {
        schema: SCHEMA,
        tool: first.context.tool.clone(),
        machine: first.context.machine.clone(),
        jobs: jobs.collect(),
        repeat,
    };
    let json = serde_json::to_string_pretty(&suite);
    let json = json.map_err(|error| Failure::environment("cannot write the suite down", error))?;
    run_folder::write(&out.join(FILE), (json + "\n").as_bytes())
}

/// The drills of an earlier suite, by the names of their scenarios, judged again: what `report.json` says counts for nothing here.
///
/// # Errors
/// If the folder is none of a suite, one of its runs is not there, lacks a file, or was changed since it was sealed.
pub(super) fn read(folder: &Path) -> Result<Vec<OfScenario>, Failure> {
    let suite = suite(&folder.join(FILE))?;
    let mut all = Vec::new();
    for (name, jobs) in &suite.jobs {
        let runs = runs(&folder.join(name), suite.repeat)?;
        let mut drills = Vec::new();
        for run in &runs {
            let report = judge_folder(run)?.report;
            drills.push(Drill {
                wall_s: report.wall_seconds,
                result: Ok(Box::new(report)),
            });
        }
        let scenario_file = runs[0].join(run_folder::SCENARIO);
        let scenario = source::recorded(&scenario_file.display().to_string(), &bytes(&scenario_file)?)?;
        let reports = drills.iter().filter_map(|drill| drill.result.as_ref().ok());
        let started = reports
            .map(|report| report.started_at.clone())
            .min()
            .unwrap_or_default();
        all.push(OfScenario {
            drilled: Drilled::new(&scenario, drills, started),
            scenario,
            context: Context {
                machine: suite.machine.clone(),
                jobs: *jobs,
                tool: suite.tool.clone(),
            },
        });
    }
    Ok(all)
}

/// Whether this is a run of a suite.
pub(crate) fn is_of_suite(run: &Path) -> bool {
    let run = run.canonicalize();
    let suite = run.as_deref().ok().and_then(Path::parent).and_then(Path::parent);
    suite.is_some_and(|suite| suite.join(FILE).is_file())
}

/// How many drills of its scenario ran at once, if this is a run of a suite.
pub(crate) fn drilled_at_once(run: &Path, scenario: &str) -> Option<u32> {
    let runs = run.canonicalize().ok()?;
    let suite = suite(&runs.parent()?.parent()?.join(FILE)).ok()?;
    suite.jobs.get(scenario).copied()
}

fn suite(file: &Path) -> Result<Suite, Failure> {
    let refused = |what: String| Failure::Input(format!("{}{what}", file.display()));
    let text = fs::read(file).map_err(|error| {
        refused(format!(
            ": cannot be read: {error}; --recorded takes a folder that `firedrill ci --out` left"
        ))
    })?;
    let suite: Suite = serde_json::from_slice(&text)
        .map_err(|error| refused(format!(":{}:{}: {error}", error.line(), error.column())))?;
    match suite.schema {
        SCHEMA => Ok(suite),
        other => Err(refused(format!(
            ":2:3: found schema {other}; allowed: schema {SCHEMA}"
        ))),
    }
}

/// The folders of the runs of one scenario, in the order of their numbers; at least `repeat`.
fn runs(folder: &Path, repeat: u32) -> Result<Vec<PathBuf>, Failure> {
    let refused = |why: String| Failure::Input(format!("{}: {why}", folder.display()));
    let entries = fs::read_dir(folder).map_err(|error| refused(format!("cannot be read: {error}")))?;
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    numbered.sort();
    let absent = (1..=repeat.max(1)).find(|n| !numbered.iter().any(|(known, _)| known == n));
    match absent {
        Some(n) => Err(refused(format!(
            "the suite had {repeat} drills of this scenario, and run {n} is not here"
        ))),
        None => Ok(numbered.into_iter().map(|(_, path)| path).collect()),
    }
}

/// The report of a run.
///
/// # Errors
/// If it is not there or is none, with its line.
pub(super) fn report(run: &Path) -> Result<Report, Failure> {
    let file = run.join("report.json");
    let bytes = bytes(&file)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Input(format!(
            "{}:{line}:{column}: found no report: {error}",
            file.display()
        ))
    })
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::Input(format!("{}: cannot be read: {error}", file.display())))
}
