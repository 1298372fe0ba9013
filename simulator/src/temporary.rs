//! Temporary folders that are gone with the program, whatever ends it.

use std::sync::atomic::{AtomicU64, Ordering};

use runtime::Supervisor;
use tempfile::{Builder, TempDir};

use crate::exit::Failure;

/// A new folder. Dropping it removes it; after kill -9 the reaper does.
///
/// # Errors
/// If there is no place for one.
pub(crate) fn temporary_folder(supervisor: &Supervisor) -> Result<TempDir, Failure> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("firedrill-{}-{number}", supervisor.run());
    // The reaper is told before it is there, so that no kill falls between the two.
    supervisor.remove_afterwards(&std::env::temp_dir().join(&name));
    Builder::new()
        .prefix(&name)
        .rand_bytes(0)
        .tempdir()
        .map_err(|error| Failure::environment("cannot make a temporary folder", error))
}
