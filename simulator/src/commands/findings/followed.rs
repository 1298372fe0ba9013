//! Findings, as runs and the register tell of them together.

use drill::register::{Day, Followed, follow};
use drill::report::Report;

use super::file::RegisterFile;
use crate::runs::{Run, Runs};

/// What became of every finding by today.
pub(super) fn followed(register: &RegisterFile, runs: &Runs, today: &Day) -> Vec<Followed> {
    let reports: Vec<(&str, &Report)> = runs
        .runs
        .iter()
        .map(|run: &Run| (run.id.as_str(), &run.report))
        .collect();
    follow(&register.register, &reports, today)
}
