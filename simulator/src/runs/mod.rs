//! The folder of all runs: which drills it has, and what they reported.
//!
//! ```text
//!  runs/<scenario>/<time>-<seed>/report.json ──┐
//!  runs/history.jsonl ─────────────────────────┴──► Runs: the newest last
//! ```
//!
//! A run is a folder with a `report.json` of Firedrill's, wherever it lies below; links (`latest`) are not followed, and a copy is
//! the same run. Nothing is believed of a report that the records beside it do not give: each run is judged again. What cannot
//! be read is told on stderr and left out. Where a run's folder was moved away, its line in `history.jsonl` is left.

mod index;
mod judged;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use drill::history::Row;
use drill::report::{Report, SCHEMA};
use reports::history::{Listed, Records};

pub(crate) use self::index::remember;

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
    /// What its records give.
    pub(crate) report: Report,
}

/// A run whose `report.json` is not what its records give, or cannot be read; it counts for nothing.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    /// What its `report.json` says, which is not to be believed, or the history where that cannot be read.
    pub(crate) row: Row,
    /// Its folder.
    folder: PathBuf,
    /// What is wrong with it, in a sentence.
    pub(crate) why: String,
}

impl Changed {
    /// Whether it has this id, or lies in this folder.
    pub(crate) fn is_named(&self, id: &str, place: Option<&Path>) -> bool {
        let folder = fs::canonicalize(&self.folder).ok();
        self.row.run == id || (place.is_some() && folder.as_deref() == place)
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
}

impl Runs {
    /// Reads all runs in a folder and judges them again.
    ///
    /// # Errors
    /// If there is no such folder: what was looked for, and how to name another.
    pub(crate) fn open(folder: &Path) -> Result<Runs, Failure> {
        Runs::open_those(folder, &|_| true)
    }

    /// Reads the runs of these scenarios; where there is no such folder there are no runs.
    pub(crate) fn of_scenarios(folder: &Path, wanted: &[String]) -> Runs {
        Runs::open_those(folder, &|name| wanted.iter().any(|wanted| wanted == name)).unwrap_or_default()
    }

    fn open_those(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Runs, Failure> {
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
        let mut runs = Runs::default();
        for path in &found {
            match read(&whole, folder, path) {
                Ok(told) if wanted(&told.report.scenario.name) => runs.judge(told),
                Ok(_) => {}
                Err((id, folder)) => runs.changed.extend(unreadable(&id, folder, &known)),
            }
        }
        runs.runs = judged::each_once(std::mem::take(&mut runs.runs), &known);
        runs.moved = index::without(known, &runs);
        Ok(runs)
    }

    fn judge(&mut self, told: Run) {
        match judged::again(&told) {
            Ok(report) => self.runs.push(Run { report, ..told }),
            Err(why) => {
                let why = format!("{why}; it counts for nothing");
                output::note(format_args!("{}: {why}", told.folder.display()));
                self.changed.push(Changed {
                    row: Row::of(&told.id, &told.report),
                    folder: told.folder,
                    why,
                });
            }
        }
    }

    /// The runs of one scenario, the newest last.
    pub(crate) fn of_scenario<'a>(&'a self, scenario: &'a str) -> impl Iterator<Item = &'a Run> {
        self.runs
            .iter()
            .filter(move |run| run.report.scenario.name == scenario)
    }

    /// What is known of every drill (of one scenario, if it is named), the newest last.
    pub(crate) fn rows(&self, scenario: Option<&str>) -> Vec<Listed> {
        let listed = |records: Records| move |row: Row| Listed { row, records };
        let here = self.runs.iter().map(|run| Row::of(&run.id, &run.report));
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

/// A run that ended with a report, as the history says, and has none any more that can be read.
fn unreadable(id: &str, folder: PathBuf, known: &[Row]) -> Option<Changed> {
    let row = known.iter().find(|row| row.run == id)?.clone();
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
    let (id, folder) = match below.as_os_str().is_empty() {
        true => (".".to_owned(), shown.to_owned()),
        false => (below.display().to_string(), shown.join(below)),
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
    match bytes.len() as u64 > LARGEST {
        true => Err(io::Error::other("it is larger than any report")),
        false => Ok(bytes),
    }
}
