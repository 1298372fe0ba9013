//! One drill as a process of its own: this program, with its output in a log.
//!
//! The child is in a group of its own and is killed with this program, also by kill -9 (see [`runtime::supervisor`]); its own
//! reapers then end what it had started.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use reports::suite::{Drill, NoReport};
use runtime::supervisor::{ChildSpec, Stream, Supervisor};
use runtime::wall;

use super::arguments::Ci;
use super::drill_files::{LOG, report};
use super::item::Item;
use super::show::Shown;
use crate::exit::Failure;

/// Drills a scenario into `folder`, to its end.
///
/// # Errors
/// If the process cannot be started, or its log not be written.
pub(super) async fn drill(
    supervisor: &Supervisor,
    exe: &Path,
    arguments: &Ci,
    item: &Item,
    folder: &Path,
    shown: Shown,
) -> Result<Drill, Failure> {
    // The run's folder has to be empty when the drill begins: the log goes there at the end.
    let log = folder.with_extension("log");
    let made = folder.parent().map_or(Ok(()), fs::create_dir_all);
    let file = made.and_then(|()| File::create(&log));
    let mut file =
        file.map_err(|error| Failure::environment(format!("cannot write {}", log.display()), error))?;
    let mut spec = ChildSpec::new(format!("drill of {}", item.scenario.name), exe)
        .args(item.arguments(arguments, folder));
    for (name, value) in std::env::vars_os() {
        spec = spec.env(name, value);
    }
    let line = shown.clone();
    let spec = spec.on_line(move |said| {
        // A full disk ends the drill itself, which says so by its exit code.
        let _ = writeln!(file, "{}", said.text);
        if said.stream == Stream::Stderr {
            line.says(&said.text);
        }
    });
    let began = wall::mono();
    shown.begins();
    let child = supervisor
        .spawn(spec)
        .map_err(|error| Failure::Environment(error.to_string()))?;
    let status = child.wait().await;
    supervisor.settle();
    let drill = Drill {
        wall_s: (wall::mono().since(began).as_secs_f64() * 1e3).round() / 1e3,
        result: result(folder, status.code(), &child.tail()),
    };
    shown.ended(&drill);
    keep_log(&log, folder);
    Ok(drill)
}

/// The report of a drill that ended with one.
fn result(folder: &Path, code: Option<i32>, tail: &[String]) -> Result<Box<drill::report::Report>, NoReport> {
    let none = |why: String| NoReport { exit: code, why };
    match code {
        Some(0 | 1 | 3 | 130) if folder.join("report.json").is_file() => report(folder)
            .map(Box::new)
            .map_err(|failure| none(failure.to_string())),
        _ => Err(none(tail.join("\n"))),
    }
}

/// Where there is no folder of the run the log stays beside it.
fn keep_log(log: &PathBuf, folder: &Path) {
    if folder.is_dir() {
        let _ = fs::rename(log, folder.join(LOG));
    }
}
