//! Temporary folders that are gone with the program, whatever ends it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
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
    owner_only(Builder::new().prefix(&name).rand_bytes(0))
        .map_err(|error| Failure::environment("cannot make a temporary folder", error))
}

/// A new folder for its owner only, whatever the umask: the code of functions and the marks of messages are theirs. Sandboxes
/// show what they need of it to whom they need.
///
/// # Errors
/// Likewise.
pub(crate) fn private_folder(prefix: &str) -> io::Result<TempDir> {
    owner_only(Builder::new().prefix(prefix))
}

fn owner_only(builder: &mut Builder<'_, '_>) -> io::Result<TempDir> {
    builder.permissions(Permissions::from_mode(0o700)).tempdir()
}
