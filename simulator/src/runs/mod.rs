//! The folder of all runs: which drills it has, and what they reported.
//!
//! ```text
//!  runs/<scenario>/<time>-<seed>/report.json ──┐
//!  runs/history.jsonl ─────────────────────────┴──► Runs: the newest last
//! ```
//!
//! A run is a folder with a `report.json` of Firedrill's, wherever it lies below; links (`latest`) are not followed, so that no
//! run counts twice. What cannot be read is told on stderr and left out. Where a run's folder was moved away, its line in
//! `history.jsonl` is left.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use drill::history::{self, Row};
use drill::report::{Report, SCHEMA};

use crate::exit::Failure;
use crate::output;
use crate::run_folder;

/// How deep runs lie at most: `scenario/study/time-seed`, and some folders of the user's around them.
const DEPTH: usize = 6;

/// The largest `report.json` that is read, in bytes.
const LARGEST: u64 = 256 << 20;

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
        match self.folder.as_os_str().is_empty() {
            true => Path::new(run_folder::RUNS),
            false => &self.folder,
        }
    }
}

/// A drill that was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Its folder, from the folder of all runs on: `hello/20261130T214100Z-1`.
    pub(crate) id: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What it reported.
    pub(crate) report: Report,
}

/// All drills in a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// Those whose folders are there, the newest last.
    pub(crate) runs: Vec<Run>,
    /// What `history.jsonl` says of those whose folders are not there, the newest last.
    pub(crate) moved: Vec<Row>,
}

impl Runs {
    /// Reads all runs in a folder.
    ///
    /// # Errors
    /// If there is no such folder: what was looked for, and how to name another.
    pub(crate) fn open(folder: &Path) -> Result<Runs, Failure> {
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
        let mut runs: Vec<Run> = found
            .iter()
            .filter_map(|path| read(&whole, folder, path))
            .collect();
        runs.sort_by(|a, b| (&a.report.started_at, &a.id).cmp(&(&b.report.started_at, &b.id)));
        let moved = moved(folder, &runs);
        Ok(Runs { runs, moved })
    }

    /// Like [`Runs::open`]; where there is no such folder there are no runs.
    pub(crate) fn open_if_there(folder: &Path) -> Runs {
        Runs::open(folder).unwrap_or_default()
    }

    /// The runs of one scenario, the newest last.
    pub(crate) fn of_scenario<'a>(&'a self, scenario: &'a str) -> impl Iterator<Item = &'a Run> {
        self.runs
            .iter()
            .filter(move |run| run.report.scenario.name == scenario)
    }

    /// What is known of every drill (of one scenario, if it is named), and whether its folder is there; the newest last.
    pub(crate) fn rows(&self, scenario: Option<&str>) -> Vec<(Row, bool)> {
        let here = self.runs.iter().map(|run| (Row::of(&run.id, &run.report), true));
        let moved = self.moved.iter().map(|row| (row.clone(), false));
        let wanted = |row: &Row| scenario.is_none_or(|scenario| row.scenario == scenario);
        let mut rows: Vec<(Row, bool)> = here.chain(moved).filter(|(row, _)| wanted(row)).collect();
        rows.sort_by(|(a, _), (b, _)| (&a.started_at, &a.run).cmp(&(&b.started_at, &b.run)));
        rows
    }
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

/// One run; what cannot be read is told and left out.
fn read(whole: &Path, shown: &Path, path: &Path) -> Option<Run> {
    let below = path.strip_prefix(whole).unwrap_or(path);
    let folder = match below.as_os_str().is_empty() {
        true => shown.to_owned(),
        false => shown.join(below),
    };
    match report(&folder.join(run_folder::REPORT)) {
        Ok(report) => {
            let id = match below.as_os_str().is_empty() {
                true => ".".to_owned(),
                false => below.display().to_string(),
            };
            Some(Run { id, folder, report })
        }
        Err(why) => {
            output::note(format_args!("{why}; skipped"));
            None
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
    match bytes.len() as u64 > LARGEST {
        true => Err(io::Error::other("it is larger than any report")),
        false => Ok(bytes),
    }
}

/// The rows of `history.jsonl` whose runs are not here; lines that are none are told and left out.
fn moved(folder: &Path, here: &[Run]) -> Vec<Row> {
    let file = folder.join(history::FILE);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            output::note(format_args!(
                "{}: cannot be read: {error}; skipped",
                file.display()
            ));
            return Vec::new();
        }
    };
    let (rows, broken) = history::read(&bytes);
    for broken in broken {
        output::note(format_args!(
            "{}:{}: {}; skipped",
            file.display(),
            broken.line,
            broken.reason
        ));
    }
    let known = |row: &Row| here.iter().any(|run| run.id == row.run);
    let mut rows: Vec<Row> = rows.into_iter().filter(|row| !known(row)).collect();
    rows.sort_by(|a, b| (&a.started_at, &a.run).cmp(&(&b.started_at, &b.run)));
    rows
}

/// Appends a drill that has ended to `history.jsonl`, if its folder lies within that of all runs. That this cannot be done is
/// told, and no more: the run itself is whole.
pub(crate) fn remember(runs: &Path, run: &Path, report: &Report) {
    let below = |runs: PathBuf, run: PathBuf| run.strip_prefix(runs).map(Path::to_owned).ok();
    let id = fs::canonicalize(runs).ok().zip(fs::canonicalize(run).ok());
    let Some(id) = id.and_then(|(runs, run)| below(runs, run)) else {
        return;
    };
    let row = Row::of(&id.display().to_string(), report);
    let file = runs.join(history::FILE);
    if let Err(error) = append(&file, &row) {
        output::note(format_args!(
            "firedrill: this drill is not in {}: {error}",
            file.display()
        ));
    }
}

/// One line, in one write, so that of drills that end together none breaks another's.
fn append(file: &Path, row: &Row) -> io::Result<()> {
    let mut line = drill::text::plain_json(serde_json::to_string(row)?);
    line.push('\n');
    let mut file = File::options().read(true).append(true).create(true).open(file)?;
    let end = file.seek(SeekFrom::End(0))?;
    if end > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut last)?;
        // A line that was torn stays one line.
        if last != *b"\n" {
            line.insert(0, '\n');
        }
    }
    file.write_all(line.as_bytes())
}
