//! Places for drills: at most two at a time on this machine, however many tests run beside each other.
//!
//! A place is a locked file, so that it also counts where every test is a process of its own, and is
//! free again whatever becomes of its owner.

use std::fs::File;
use std::path::Path;

use super::until;

const PLACES: usize = 2;

/// A place; it is free again once this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _locked: File,
}

/// Waits for a free place.
pub(crate) fn take() -> Place {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut files: Vec<File> = (0..PLACES)
        .map(|n| File::create(folder.join(format!("place-for-a-drill-{n}"))).expect("a file of the build"))
        .collect();
    let free = until("a place for a drill", || {
        files.iter().position(|file| file.try_lock().is_ok())
    });
    Place {
        _locked: files.swap_remove(free),
    }
}
