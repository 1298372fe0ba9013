//! Why functions end.

use std::io;

/// Why a function cannot start, or cannot get events any more. Its text follows the function's name.
#[derive(Debug, thiserror::Error)]
pub enum FunctionEnd {
    /// A variable of the environment is missing, or empty.
    #[error("needs {0} in its environment")]
    MissingVariable(String),
    /// A variable of the environment is not what it must be.
    #[error("needs {needed} in {name}, not {found}")]
    WrongVariable {
        /// Its name.
        name: &'static str,
        /// What it must be.
        needed: &'static str,
        /// What it is.
        found: String,
    },
    /// The end of stdin would not be noticed.
    #[error("cannot watch its stdin: {0}")]
    Stdin(io::Error),
    /// The system gives it no thread or no events.
    #[error("cannot start: {0}")]
    NotStarted(io::Error),
    /// The Runtime API is gone.
    #[error("has no Runtime API any more: {0}")]
    NoRuntimeApi(String),
}
