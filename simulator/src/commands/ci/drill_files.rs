//! What a drill of a suite leaves in its folder.

use std::fs;
use std::path::Path;

use drill::report::Report;

use crate::exit::Failure;

/// What a drill says on its streams, in its run's folder.
pub(super) const LOG: &str = "output.log";

/// The report of a run.
///
/// # Errors
/// If it is not there or is none, with its line.
pub(super) fn report(run: &Path) -> Result<Report, Failure> {
    let file = run.join("report.json");
    let bytes = bytes(&file)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Input(format!(
            "{}:{line}:{column}: found no report: {error}",
            file.display()
        ))
    })
}

/// # Errors
/// If the file cannot be read.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::Input(format!("{}: cannot be read: {error}", file.display())))
}
