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
//! run: shells and Python parse what is theirs, in processes of their own.

mod digests;
mod executable;
mod named;
mod needs;
mod packages;
mod python;
mod scripts;
mod syntax;

pub(crate) use digests::digests;
pub(crate) use named::{Named, named};
pub(crate) use needs::HOW_TO_GET_AWS;

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
///
/// Whether they run in a sandbox decides what that folder may be.
pub(crate) fn check(
    file: &str,
    scenario: &Scenario,
    places: &Places,
    folder: &Path,
    isolated: bool,
) -> Found {
    let mut files = Files {
        file,
        places,
        folder,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let mut first = true;
    for step in &scenario.runbook {
        let StepAction::Shell(shell) = &step.action else {
            continue;
        };
        if std::mem::take(&mut first) && isolated {
            check_folder(&mut files, step.path());
        }
        match &shell.command {
            Command::Script(script) => {
                let path = format!("{}.script", step.path());
                scripts::check(&mut files, &path, script);
                syntax::check(&mut files, &path, script);
                if let Some(text) = syntax::shell_script(&files.folder.join(program_of(script))) {
                    needs::check(&mut files, &path, &text);
                }
            }
            Command::Run(text) => {
                let path = format!("{}.run", step.path());
                scripts::check_run(&mut files, &path, text);
                needs::check(&mut files, &path, text);
            }
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

/// Where a path from the scenario's folder leads to, if some link on the way leads out of that folder. What is not there
/// leads nowhere.
fn leads_out(folder: &Path, path: &str) -> Option<PathBuf> {
    let end = folder.join(path).canonicalize().ok()?;
    let folder = folder.canonicalize().ok()?;
    (!end.starts_with(folder)).then_some(end)
}

/// Scripts run in the scenario's folder, and could read everything in it.
fn check_folder(files: &mut Files<'_>, path: &str) {
    if let Some(hidden) = runtime::sandbox::shown_in(files.folder) {
        let found = format!(
            "a script of a scenario in {}, which would show it {hidden}: that must stay hidden from scripts",
            files.folder.display()
        );
        let hint = "move the scenario, and what lies beside it, into a folder of its own";
        files.error(
            path,
            found,
            "a script of a scenario that lies elsewhere",
            Some(hint.to_owned()),
        );
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

/// The file that a script's first word names.
fn program_of(script: &str) -> String {
    let words = shlex::split(script).unwrap_or_default();
    words.into_iter().next().unwrap_or_default()
}

/// Whether a program of this name is found by the PATH of whoever runs this one.
pub(crate) fn is_installed(name: &str) -> bool {
    find_program(name, &std::env::var("PATH").unwrap_or_default()).is_some()
}

/// The first file of this name in the folders that a search path lists.
pub(crate) fn find_program(name: &str, path: &str) -> Option<PathBuf> {
    let files = path.split(':').map(|folder| Path::new(folder).join(name));
    let mut programs = files.filter(|file| executable::is_executable(file));
    programs.next()
}

#[cfg(test)]
mod tests;
