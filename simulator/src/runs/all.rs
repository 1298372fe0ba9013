//! All runs in a folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use drill::history::Row;
use drill::report::{Report, SCHEMA};
use reports::history::{Listed, Records};

use super::run::{Changed, Run};
use super::{index, judged};
use crate::exit::Failure;
use crate::suite_file::is_of_suite;
use crate::{output, run_folder};

/// How deep runs lie at most: `scenario/study/time-seed`, and some folders of the user's around them.
const DEPTH: usize = 6;

/// The largest `report.json` that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// So many runs of a scenario that show a recovery, the newest, are judged again before a drill of it begins, at 30 ms or so each:
/// as many as the trend shows. At most three times as many are looked at.
const ENOUGH: usize = 12;

/// So many of them that suites drilled.
const FEW: usize = 3;

/// Where runs are.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunsFolder {
    /// The folder of all runs.
    #[arg(long = "runs", value_name = "DIR", env = run_folder::VARIABLE, default_value = run_folder::RUNS, global = true)]
    folder: PathBuf,
}

impl RunsFolder {
    /// The folder; an empty variable names none.
    pub(crate) fn path(&self) -> &Path {
        if self.folder.as_os_str().is_empty() {
            Path::new(run_folder::RUNS)
        } else {
            &self.folder
        }
    }
}

/// All drills in a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// Those whose folders are there and whose records give what they report, each once, the newest last.
    pub(crate) runs: Vec<Run>,
    /// Those whose folders are there and were changed.
    pub(crate) changed: Vec<Changed>,
    /// What `history.jsonl` says of those whose folders are not there, the newest last.
    pub(crate) moved: Vec<Row>,
    /// The scenarios of those that were not judged again since there are newer ones, one for each run.
    not_judged: Vec<String>,
}

impl Runs {
    /// Reads all runs in a folder and judges them again.
    ///
    /// # Errors
    /// If there is no such folder: what was looked for, and how to name another.
    pub(crate) fn open(folder: &Path) -> Result<Runs, Failure> {
        let (mut runs, told, known) = Runs::read(folder)?;
        for run in told {
            runs.judge(run);
        }
        runs.settle(known);
        Ok(runs)
    }

    /// Reads the runs of these scenarios, and judges the newest of each again: a drill that waits for this begins soon, however
    /// many there were before. Where there is no such folder there are no runs.
    pub(crate) fn newest_of(folder: &Path, wanted: &[String]) -> Runs {
        let Ok((mut runs, mut told, known)) = Runs::read(folder) else {
            return Runs::default();
        };
        told.retain(|run| wanted.contains(&run.report.scenario.name));
        told.sort_by(|a, b| b.report.started_at.cmp(&a.report.started_at));
        let mut enough = Enough::default();
        for run in told {
            let (scenario, of_suite) = (run.report.scenario.name.clone(), is_of_suite(&run.folder));
            if enough.is_reached(&scenario, of_suite) {
                runs.not_judged.push(scenario);
                continue;
            }
            let shows_a_recovery = run.report.complete && run.report.exercise.is_none();
            let counts = runs.judge(run) && shows_a_recovery;
            enough.looked_at(scenario, of_suite, counts);
        }
        runs.settle(known);
        runs
    }

    /// What the reports in a folder say, in the order of the runs' names, and what its history says.
    fn read(folder: &Path) -> Result<(Runs, Vec<Run>, Vec<Row>), Failure> {
        let whole = fs::canonicalize(folder).ok().filter(|path| path.is_dir());
        let Some(whole) = whole else {
            return Err(Failure::Input(format!(
                "{}: no such folder of runs here; name it with --runs DIR or the variable {}, or run a drill first \
                 (firedrill run SCENARIO)",
                folder.display(),
                run_folder::VARIABLE
            )));
        };
        let mut found = Vec::new();
        collect(&whole, DEPTH, &mut found);
        found.sort();
        let known = index::rows(folder);
        let (mut runs, mut told) = (Runs::default(), Vec::new());
        for path in &found {
            match read(&whole, folder, path) {
                Ok(run) => told.push(run),
                Err((id, folder)) => runs.changed.extend(unreadable(&id, folder, &known)),
            }
        }
        Ok((runs, told, known))
    }

    /// Counts each run once, and adds what is known of others.
    fn settle(&mut self, known: Vec<Row>) {
        self.runs = judged::each_once(std::mem::take(&mut self.runs), &known);
        self.moved = index::without(known, &self.runs, &self.changed);
    }

    /// Judges a run again; whether its records give what its report says.
    fn judge(&mut self, told: Run) -> bool {
        match judged::again(&told) {
            Ok(report) => {
                self.runs.push(Run { report, ..told });
                true
            }
            Err(why) => {
                let why = format!("{why}; it counts for nothing");
                output::note(format_args!("{}: {why}", told.folder.display()));
                self.changed.push(Changed {
                    row: Row::from_report(&told.id, &told.report),
                    folder: told.folder,
                    why,
                });
                false
            }
        }
    }

    /// The runs of one scenario, the newest last.
    pub(crate) fn of_scenario<'a>(&'a self, scenario: &'a str) -> impl Iterator<Item = &'a Run> {
        self.runs
            .iter()
            .filter(move |run| run.report.scenario.name == scenario)
    }

    /// How many runs of a scenario were read.
    pub(crate) fn count_of(&self, scenario: &str) -> usize {
        let not_judged = self.not_judged.iter().filter(|name| *name == scenario);
        self.of_scenario(scenario).count() + not_judged.count()
    }

    /// What is known of every drill (of one scenario, if it is named), the newest last.
    pub(crate) fn rows(&self, scenario: Option<&str>) -> Vec<Listed> {
        let listed = |records: Records| move |row: Row| Listed { row, records };
        let here = self.runs.iter().map(|run| Row::from_report(&run.id, &run.report));
        let changed = self.changed.iter().map(|changed| changed.row.clone());
        let mut rows: Vec<Listed> = here
            .map(listed(Records::Verified))
            .chain(changed.map(listed(Records::Changed)))
            .chain(self.moved.iter().cloned().map(listed(Records::NotHere)))
            .filter(|one| scenario.is_none_or(|scenario| one.row.scenario == scenario))
            .collect();
        rows.sort_by(|a, b| (&a.row.started_at, &a.row.run).cmp(&(&b.row.started_at, &b.row.run)));
        rows
    }
}

/// How many runs of each scenario, of suites and others, were looked at from the newest on, and how many of them count.
#[derive(Default)]
struct Enough(BTreeMap<(String, bool), (usize, usize)>);

impl Enough {
    /// Whether no more runs of a scenario are to be judged. Suites drill one thing again and again: of theirs a few are enough.
    fn is_reached(&self, scenario: &str, of_suite: bool) -> bool {
        let seen = self.0.get(&(scenario.to_owned(), of_suite));
        let (looked_at, counting) = seen.copied().unwrap_or_default();
        let enough = if of_suite { FEW } else { ENOUGH };
        counting >= enough || looked_at >= 3 * enough
    }

    fn looked_at(&mut self, scenario: String, of_suite: bool, counts: bool) {
        let (looked_at, counting) = self.0.entry((scenario, of_suite)).or_default();
        *looked_at += 1;
        *counting += usize::from(counts);
    }
}

/// A run that ended with a report, as the history says, and has none any more that can be read.
fn unreadable(id: &str, folder: PathBuf, known: &[Row]) -> Option<Changed> {
    let row = known.iter().rfind(|row| row.run == id)?.clone();
    let why = format!(
        "its report.json cannot be read; it counts for nothing (firedrill report {} writes it anew)",
        folder.display()
    );
    Some(Changed { row, folder, why })
}

/// Every folder below that holds a run's records or report.
fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let is_there = |name: &str| folder.join(name).is_file();
    if is_there(run_folder::REPORT) || is_there(run_folder::JOURNAL) {
        found.push(folder.to_owned());
        return;
    }
    if depth == 0 {
        return;
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            output::note(format_args!(
                "{}: cannot be read: {error}; skipped",
                folder.display()
            ));
            return;
        }
    };
    for entry in entries.flatten() {
        // Of a link this says that it is one: `latest` is not followed.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), depth - 1, found);
        }
    }
}

/// One run, as its `report.json` has it.
///
/// # Errors
/// Its id and folder, where it has none that can be read; that is told.
fn read(whole: &Path, shown: &Path, path: &Path) -> Result<Run, (String, PathBuf)> {
    let below = path.strip_prefix(whole).unwrap_or(path);
    let (id, folder) = if below.as_os_str().is_empty() {
        (".".to_owned(), shown.to_owned())
    } else {
        (below.display().to_string(), shown.join(below))
    };
    match report(&folder.join(run_folder::REPORT)) {
        Ok(report) => Ok(Run { id, folder, report }),
        Err(why) => {
            output::note(format_args!("{why}; skipped"));
            Err((id, folder))
        }
    }
}

/// A run's `report.json`.
fn report(file: &Path) -> Result<Report, String> {
    let name = file.display();
    let bytes = match whole(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = file.parent().unwrap_or(Path::new("."));
            return Err(format!(
                "{name}: is not there: the drill runs still, or was killed (firedrill report {} judges what it left)",
                folder.display()
            ));
        }
        Err(error) => return Err(format!("{name}: cannot be read: {error}")),
    };
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| {
        format!(
            "{name}:{}:{}: is no report: {error}",
            error.line(),
            error.column()
        )
    })?;
    match report.schema {
        SCHEMA => Ok(report),
        other => Err(format!(
            "{name}: has schema {other}, and this version of Firedrill reads {SCHEMA}"
        )),
    }
}

fn whole(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        Err(io::Error::other("it is larger than any report"))
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_waits_for_the_newest_runs_alone_and_those_that_count_for_nothing_take_no_place() {
        let judged = |of_suite: bool, counts: fn(usize) -> bool| {
            let mut enough = Enough::default();
            let looked_at = (0..1_000).take_while(|n| {
                let more = !enough.is_reached("loss", of_suite);
                if more {
                    enough.looked_at("loss".to_owned(), of_suite, counts(*n));
                }
                more
            });
            looked_at.count()
        };
        assert_eq!(judged(false, |_| true), ENOUGH);
        assert_eq!(judged(true, |_| true), FEW);
        assert_eq!(judged(false, |n| n >= 10), 10 + ENOUGH);
        assert_eq!(judged(false, |_| false), 3 * ENOUGH);
    }
}
