//! One run, as it was found in the folder of all runs.

use std::fs;
use std::path::{Path, PathBuf};

use drill::history::Row;
use drill::report::Report;

/// A drill that was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Its folder, from the folder of all runs on: `hello/20261130T214100Z-1`.
    pub(crate) id: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What its records give.
    pub(crate) report: Report,
}

/// A run whose `report.json` is not what its records give, or cannot be read; it counts for nothing.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    /// What its `report.json` says, which is not to be believed, or the history where that cannot be read.
    pub(crate) row: Row,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// What is wrong with it, in a sentence.
    pub(crate) why: String,
}

impl Changed {
    /// Whether it has this id, or lies in this folder.
    pub(crate) fn is_named(&self, id: &str, place: Option<&Path>) -> bool {
        let folder = fs::canonicalize(&self.folder).ok();
        self.row.run == id || (place.is_some() && folder.as_deref() == place)
    }
}
