//! Temporary folders that are gone with the program, whatever ends it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;

use runtime::Supervisor;
use tempfile::TempDir;

use crate::exit::Failure;

/// A new folder. Dropping it removes it; after kill -9 the reaper does.
///
/// # Errors
/// If there is no place for one.
pub(crate) fn temporary_folder(supervisor: &Supervisor) -> Result<TempDir, Failure> {
    let folder = private_folder("firedrill-")
        .map_err(|error| Failure::environment("cannot make a temporary folder", error))?;
    supervisor.remove_afterwards(folder.path());
    Ok(folder)
}

/// A new folder for its owner only, whatever the umask: the code of functions and the marks of messages are theirs. Sandboxes
/// show what they need of it to whom they need.
///
/// # Errors
/// Likewise.
pub(crate) fn private_folder(prefix: &str) -> io::Result<TempDir> {
    let owner_only = Permissions::from_mode(0o700);
    tempfile::Builder::new()
        .prefix(prefix)
        .permissions(owner_only)
        .tempdir()
}
