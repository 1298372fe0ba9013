//! What lies beside a scenario and a drill would stumble over: scripts that cannot be executed, packages that are not
//! there, handlers that are not in them.
//!
//! ```text
//!   scenario, places ──► scripts of shell steps ──┐
//!                   └──► packages of functions ───┼──► errors with file, line and field; warnings
//!                              └──► their Python ─┘
//! ```
//!
//! The parser does no I/O; `check`, `run` and `cloud` look here once a scenario reads well. Nothing of the user's is
//! run: Python files are compiled by an interpreter of the machine, in a process of its own.

mod executable;
mod packages;
mod python;
mod scripts;

use std::path::{Path, PathBuf};

use drill::scenario::{Command, Diagnostic, Places, Scenario, StepAction, Warning, nearest};

/// Looks at everything that lies beside a scenario.
pub(crate) struct Files<'a> {
    /// The scenario's file, as the user named it.
    file: &'a str,
    places: &'a Places,
    /// The folder that the scenario lies in.
    folder: &'a Path,
    errors: Vec<Diagnostic>,
    warnings: Vec<Warning>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What keeps a drill from running, in the order of the file.
    pub(crate) errors: Vec<Diagnostic>,
    /// What will disappoint, in the order of the file.
    pub(crate) warnings: Vec<Warning>,
}

/// Looks at the scripts and packages of a scenario, whose file is called `file` and lies in `folder`. Blocks.
pub(crate) fn check(file: &str, scenario: &Scenario, places: &Places, folder: &Path) -> Found {
    let mut files = Files {
        file,
        places,
        folder,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    for step in &scenario.runbook {
        let StepAction::Shell(shell) = &step.action else {
            continue;
        };
        match &shell.command {
            Command::Script(script) => {
                scripts::check(&mut files, &format!("{}.script", step.path()), script);
            }
            Command::Run(text) => scripts::check_run(&mut files, &format!("{}.run", step.path()), text),
        }
    }
    for function in &scenario.cloud.functions {
        packages::check(&mut files, function);
    }
    files.errors.sort_by_key(|error| error.mark);
    files.warnings.sort_by_key(|warning| warning.mark);
    Found {
        errors: files.errors,
        warnings: files.warnings,
    }
}

impl Files<'_> {
    fn error(&mut self, path: &str, found: String, allowed: impl Into<String>, hint: Option<String>) {
        self.errors.push(Diagnostic {
            file: self.file.to_owned(),
            mark: self.places.mark_of(path),
            path: path.to_owned(),
            found,
            allowed: allowed.into(),
            hint,
        });
    }

    fn warn(&mut self, path: &str, text: String) {
        self.warnings.push(Warning {
            file: self.file.to_owned(),
            mark: self.places.mark_of(path),
            path: path.to_owned(),
            text,
        });
    }
}

/// The nearest name to that of `path` which there is in its folder, if one is near.
fn nearest_file(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let names = names_in(path.parent()?);
    nearest(name, names.iter().map(String::as_str))
}

/// The names of what lies in a folder, in order; none if it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// The first file of this name in the folders that a search path lists.
fn find_program(name: &str, path: &str) -> Option<PathBuf> {
    let files = path.split(':').map(|folder| Path::new(folder).join(name));
    let mut programs = files.filter(|file| executable::is_executable(file));
    programs.next()
}

#[cfg(test)]
mod tests;
