//! Programs, and where they are found.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Whether a program of this name is found by the PATH of this process.
pub(crate) fn is_installed(name: &str) -> bool {
    find_program(name, &std::env::var("PATH").unwrap_or_default()).is_some()
}

/// The first file of this name in the folders that a search path lists.
pub(crate) fn find_program(name: &str, path: &str) -> Option<PathBuf> {
    let files = path.split(':').map(|folder| Path::new(folder).join(name));
    let mut programs = files.filter(|file| is_executable(file));
    programs.next()
}

/// Whether there is a file that may be executed.
pub(super) fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
