//! What every child is started with, and the error where it cannot be started.

use std::io;
use std::path::PathBuf;

use drill::variables::ChildVariable;

/// The environment variable that holds the token of the run in every child.
pub const RUN_VARIABLE: &str = ChildVariable::Run.name();

/// A child or the reaper could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {name} ({}): {source}", exe.display())]
pub struct StartError {
    /// What was to be started.
    pub name: String,
    /// Its executable.
    pub exe: PathBuf,
    /// The system's error.
    #[source]
    pub source: io::Error,
}
