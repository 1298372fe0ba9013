//! `ci.json`: says that a folder has the runs of a suite, and on what and how they ran.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use baseline::Machine;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// The file that says what a folder of runs is.
pub(crate) const FILE: &str = "ci.json";

/// The version of that file.
pub(crate) const SCHEMA: u32 = 1;

/// What it says.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suite {
    pub(crate) schema: u32,
    pub(crate) tool: String,
    pub(crate) machine: Machine,
    /// How many drills ran at once, by scenario.
    pub(crate) jobs: BTreeMap<String, u32>,
    /// How many drills there were of each scenario: none of them may be left out later.
    pub(crate) repeat: u32,
}

/// The file of the suite that drilled this run, if one did.
fn suite_of(run: &Path) -> Option<PathBuf> {
    let run = run.canonicalize().ok()?;
    let file = run.parent()?.parent()?.join(FILE);
    file.is_file().then_some(file)
}

/// Whether this is a run of a suite.
pub(crate) fn is_of_suite(run: &Path) -> bool {
    suite_of(run).is_some()
}

/// How many drills of its scenario ran at once, if this is a run of a suite.
pub(crate) fn drilled_at_once(run: &Path, scenario: &str) -> Option<u32> {
    let suite = suite(&suite_of(run)?).ok()?;
    suite.jobs.get(scenario).copied()
}

/// What a suite's file says.
///
/// # Errors
/// If it cannot be read or is none.
pub(crate) fn suite(file: &Path) -> Result<Suite, Failure> {
    let refused = |what: String| Failure::Input(format!("{}{what}", file.display()));
    let text = fs::read(file).map_err(|error| {
        refused(format!(
            ": cannot be read: {error}; --recorded takes a folder that `firedrill ci --out` left"
        ))
    })?;
    let suite: Suite = serde_json::from_slice(&text)
        .map_err(|error| refused(format!(":{}:{}: {error}", error.line(), error.column())))?;
    match suite.schema {
        SCHEMA => Ok(suite),
        other => Err(refused(format!(
            ":2:3: found schema {other}; allowed: schema {SCHEMA}"
        ))),
    }
}
