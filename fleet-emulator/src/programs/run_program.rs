//! How programs run on devices: what the fleet asks for, and what a language has to give for it.
//!
//! ```text
//!   fleet ──source──► RunProgram, a process with limits ──► Interpreter of the language
//! ```
//!
//! The fleet knows no language. A program that has one built in hands its [`Interpreter`] to whatever it is that starts the
//! processes.

use std::time::Duration;

/// Why a program did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// It is no program, or failed: what the interpreter says of it.
    #[error("{0}")]
    Failed(String),
    /// It ran for longer than this, the limit of its wall time.
    #[error("it ran for more than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It was not started: what this machine lacks.
    #[error("{0}")]
    NotStarted(String),
}

/// Runs programs as a device's firmware would.
pub trait RunProgram: Send + Sync {
    /// Runs `source` to its end. It is called on a thread where it may block, one program at a time. It
    /// must return by itself: the implementation limits the time and memory of a program.
    ///
    /// # Errors
    /// Why it did not run to its end.
    fn run(&self, source: &str) -> Result<(), ProgramError>;
}

/// What a program may take on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramLimits {
    /// Of the processor, the start of its interpreter included; counted in whole seconds.
    pub cpu: Duration,
    /// Of wall time.
    pub wall: Duration,
    /// Of memory, in bytes, that of its interpreter included.
    pub memory_bytes: u64,
}

/// The interpreter of the language in which programs for devices are written.
pub trait Interpreter: Send + Sync {
    /// The name of a program's file (`program.py`).
    fn file_name(&self) -> &'static str;

    /// What a program may take.
    fn limits(&self) -> ProgramLimits;

    /// Runs `source` to its end, in this process and without limits.
    ///
    /// # Errors
    /// Why it failed.
    fn interpret(&self, source: String) -> Result<(), ProgramError>;
}
