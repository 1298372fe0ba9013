//! Temporary folders that are gone with the program, whatever ends it.

use runtime::Supervisor;
use tempfile::TempDir;

use crate::exit::Failure;

/// A new folder. Dropping it removes it; after kill -9 the reaper does.
///
/// # Errors
/// If there is no place for one.
pub(crate) fn temporary_folder(supervisor: &Supervisor) -> Result<TempDir, Failure> {
    let folder = TempDir::with_prefix("firedrill-")
        .map_err(|error| Failure::environment("cannot make a temporary folder", error))?;
    supervisor.remove_afterwards(folder.path());
    Ok(folder)
}
