//! The runs of an earlier suite: `ci.json` says on what and how they ran.

use std::path::{Path, PathBuf};
use std::{fs, io};

use baseline::{Context, Machine};
use drill::journal;
use drill::report::Report;
use reports::suite::{Drill, Drilled};

use super::drill_files::{LOG, bytes};
use super::item::{Item, OfScenario};
use crate::exit::Failure;
use crate::judge::judge_folder;
use crate::suite_file::{FILE, SCHEMA, Suite, suite};
use crate::{machine, run_folder, source};

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

/// The drills of an earlier suite, by the names of their scenarios, judged again: what `report.json` says counts for nothing here,
/// and what they ran on is what their journals say.
///
/// # Errors
/// If the folder is none of a suite, one of its runs is not there, lacks a file, was changed since it was sealed, or is not one
/// more drill of the same.
pub(super) fn read(folder: &Path) -> Result<Vec<OfScenario>, Failure> {
    let suite = suite(&folder.join(FILE))?;
    let mut all = Vec::new();
    for (name, jobs) in &suite.jobs {
        let runs = runs(&folder.join(name), suite.repeat)?;
        let mut repeats: Vec<Repeat> = Vec::new();
        for run in &runs {
            let repeat = Repeat::read(run, &suite)?;
            let why = match repeats.first() {
                Some(first) => repeat.is_other_than(first, &repeats),
                None if repeat.report.scenario.name != *name => {
                    Some(format!("is a run of {}", repeat.report.scenario.name))
                }
                None => None,
            };
            if let Some(why) = why {
                return Err(Failure::Input(format!("{}: {why}", run.display())));
            }
            repeats.push(repeat);
        }
        let scenario_file = runs[0].join(run_folder::SCENARIO);
        let scenario = source::recorded(&scenario_file.display().to_string(), &bytes(&scenario_file)?)?;
        let (tool, machine) = (repeats[0].tool.clone(), repeats[0].machine.clone());
        let started = repeats.iter().map(|repeat| repeat.report.started_at.clone());
        let started = started.min().unwrap_or_default();
        let drills = repeats.into_iter().map(|repeat| Drill {
            wall_s: repeat.report.wall_seconds,
            result: Ok(Box::new(repeat.report)),
        });
        all.push(OfScenario {
            drilled: Drilled::new(&scenario, drills.collect(), started),
            scenario,
            context: Context {
                machine,
                jobs: *jobs,
                tool,
            },
        });
    }
    Ok(all)
}

/// One drill of a scenario of a suite.
struct Repeat {
    run: PathBuf,
    report: Report,
    tool: String,
    machine: Machine,
}

impl Repeat {
    fn read(run: &Path, suite: &Suite) -> Result<Repeat, Failure> {
        let report = judge_folder(run)?.report;
        let file = run.join(run_folder::JOURNAL);
        let journal = journal::read(&bytes(&file)?)
            .map_err(|error| Failure::Input(format!("{}: {error}", file.display())))?;
        // Journals of older versions name no machine.
        let (tool, machine) = machine::recorded(&journal);
        Ok(Repeat {
            run: run.to_owned(),
            report,
            tool: tool.unwrap_or_else(|| suite.tool.clone()),
            machine: machine.unwrap_or_else(|| suite.machine.clone()),
        })
    }

    /// Why it is no further drill of what `first` drilled, if so; `earlier` are those that were read before it.
    fn is_other_than(&self, first: &Repeat, earlier: &[Repeat]) -> Option<String> {
        let (this, that) = (&self.report, &first.report);
        let drilled = |report: &Report| {
            let scenario = &report.scenario;
            (
                scenario.name.clone(),
                scenario.sha256.clone(),
                report.seed,
                report.cloud.clone(),
            )
        };
        let run = first.run.display();
        if drilled(this) != drilled(that) {
            return Some(format!("is of another scenario file, seed or cloud than {run}"));
        }
        if (&self.tool, &self.machine) != (&first.tool, &first.machine) {
            return Some(format!(
                "was recorded by another version, or on another machine, than {run}"
            ));
        }
        let copied = earlier
            .iter()
            .find(|other| this.seal.is_some() && other.report.seal == this.seal);
        copied.map(|other| format!("is a copy of {}, and no further drill", other.run.display()))
    }
}

/// Removes the drills of these scenarios from the folder of an earlier suite, and nothing else that lies there.
///
/// # Errors
/// If the folder is none of a suite, or something cannot be removed.
pub(super) fn remove<'a>(folder: &Path, scenarios: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    suite(&folder.join(FILE))?;
    for scenario in scenarios {
        let of_scenario = folder.join(scenario);
        let Ok(runs) = numbered(&of_scenario) else {
            continue;
        };
        for (_, run) in runs {
            let is_drill = [run_folder::JOURNAL, LOG]
                .iter()
                .any(|name| run.join(name).is_file());
            if is_drill {
                fs::remove_dir_all(&run).map_err(|error| {
                    Failure::environment(format!("cannot remove {}", run.display()), error)
                })?;
            }
        }
    }
    Ok(())
}

/// The folders whose names are numbers, in their order.
fn numbered(folder: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut numbered: Vec<(u32, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    numbered.sort();
    Ok(numbered)
}

/// The folders of the runs of one scenario, in the order of their numbers; at least `repeat`.
fn runs(folder: &Path, repeat: u32) -> Result<Vec<PathBuf>, Failure> {
    let refused = |why: String| Failure::Input(format!("{}: {why}", folder.display()));
    let numbered = numbered(folder).map_err(|error| refused(format!("cannot be read: {error}")))?;
    let absent = (1..=repeat.max(1)).find(|n| !numbered.iter().any(|(known, _)| known == n));
    match absent {
        Some(n) => Err(refused(format!(
            "the suite had {repeat} drills of this scenario, and run {n} is not here"
        ))),
        None => Ok(numbered.into_iter().map(|(_, path)| path).collect()),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn of_an_earlier_suite_its_drills_are_removed_and_nothing_else() {
        let folder = TempDir::new().expect("a temporary folder");
        let put = |name: &str, content: &str| {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("it is ours");
            fs::write(file, content).expect("it is ours");
        };
        for file in [
            "loss/1/journal.jsonl",
            "loss/2/output.log",
            "loss/3/mine.txt",
            "loss/notes.txt",
            "other/1/journal.jsonl",
        ] {
            put(file, "");
        }
        let there = |name: &str| folder.path().join(name).exists();
        put(FILE, "{\"of\": \"something else\"}");
        assert!(
            remove(folder.path(), ["loss"].into_iter()).is_err(),
            "it is no suite's"
        );
        assert!(there("loss/1"));
        let suite = r#"{"schema": 1, "tool": "0.1.0", "machine": {"cpu": "one", "cores": 2}, "jobs": {}, "repeat": 2}"#;
        put(FILE, suite);
        remove(folder.path(), ["loss", "absent"].into_iter()).expect("it is a suite's");
        assert!(!there("loss/1") && !there("loss/2"));
        assert!(there("loss/3/mine.txt") && there("loss/notes.txt") && there("other/1"));
    }
}
