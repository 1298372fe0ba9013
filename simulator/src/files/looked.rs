//! The scenario whose files are looked at, and what is said of them.

use std::path::{Path, PathBuf};

use drill::scenario::{Diagnostic, Places, Warning, nearest};

/// Looks at everything that lies beside a scenario.
pub(crate) struct Files<'a> {
    /// The scenario's file, as the user named it.
    pub(super) file: &'a str,
    pub(super) places: &'a Places,
    /// The folder that the scenario lies in.
    pub(super) folder: &'a Path,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) warnings: Vec<Warning>,
}

impl Files<'_> {
    pub(super) fn error(
        &mut self,
        path: &str,
        found: String,
        allowed: impl Into<String>,
        hint: Option<String>,
    ) {
        self.errors.push(Diagnostic {
            file: self.file.to_owned(),
            mark: self.places.mark_of(path),
            path: path.to_owned(),
            found,
            allowed: allowed.into(),
            hint,
        });
    }

    pub(super) fn warn(&mut self, path: &str, text: String) {
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
pub(super) fn leads_out(folder: &Path, path: &str) -> Option<PathBuf> {
    let end = folder.join(path).canonicalize().ok()?;
    let folder = folder.canonicalize().ok()?;
    (!end.starts_with(folder)).then_some(end)
}

/// The nearest name to that of `path` which there is in its folder, if one is near.
pub(super) fn nearest_file(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let names = names_in(path.parent()?);
    nearest(name, names.iter().map(String::as_str))
}

/// The names of what lies in a folder, in order; none if it cannot be read.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
