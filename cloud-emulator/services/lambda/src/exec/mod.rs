//! Runs functions: processes that are started on demand, kept warm, bounded and killed.
//!
//! ```text
//!   invocation ─► pool ─► environment ── slot ── Runtime API ◄── process (bootstrap, Python, ours)
//!                  │          └── log                                 ▲
//!                  └── launch ────────────────────────────────────────┘
//! ```

mod environment;
mod isolation;
mod job;
mod launch;
mod log;
mod memory;
mod outcome;
mod pool;
mod process;
mod python;
mod runtime_api;
mod slot;

pub use isolation::Isolation;
pub(crate) use job::{Job, Surroundings};
pub(crate) use launch::{is_reserved, python};
pub(crate) use outcome::InvocationOutcome;
pub(crate) use pool::{Done, Pool};
pub use python::{HiddenPython, PATH, Python, find_python, python_runtimes};
pub(crate) use slot::Event;
