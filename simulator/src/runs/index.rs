//! `history.jsonl`: a line for each drill, which stays when the folder of its run is moved away.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use drill::history::{self, Row};
use drill::report::Report;

use super::run::{Changed, Run};
use crate::output;

/// All rows; lines that are none are told and left out.
pub(super) fn rows(folder: &Path) -> Vec<Row> {
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
    rows
}

/// The rows of drills whose folders are not here, under whatever name, each once and the newest last.
pub(super) fn without(rows: Vec<Row>, here: &[Run], changed: &[Changed]) -> Vec<Row> {
    let runs = here.iter().map(|run| Row::from_report(&run.id, &run.report));
    let known: Vec<Row> = runs.collect();
    // What a changed run says of itself may be of another; its place is its own, and the last drill there was it.
    let changed: Vec<&Row> = changed
        .iter()
        .filter_map(|changed| rows.iter().rfind(|row| row.run == changed.row.run))
        .collect();
    let mut moved: Vec<Row> = Vec::new();
    for row in &rows {
        let is_it = |other: &Row| other.is_same_drill(row);
        if !changed.contains(&row) && !known.iter().chain(&moved).any(is_it) {
            moved.push(row.clone());
        }
    }
    moved.sort_by(|a, b| (&a.started_at, &a.run).cmp(&(&b.started_at, &b.run)));
    moved
}

/// Appends a drill that has ended to `history.jsonl`, if its folder lies within that of all runs. That this cannot be done is
/// told, and no more: the run itself is whole.
pub(crate) fn remember(runs: &Path, run: &Path, report: &Report) {
    let below = |runs: PathBuf, run: PathBuf| run.strip_prefix(runs).map(Path::to_owned).ok();
    let id = fs::canonicalize(runs).ok().zip(fs::canonicalize(run).ok());
    let Some(id) = id.and_then(|(runs, run)| below(runs, run)) else {
        return;
    };
    let row = Row::from_report(&id.display().to_string(), report);
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
