//! Runs functions: processes that are started on demand, kept warm, bounded and killed.
//!
//! ```text
//!   invocation ─► pool ─► environment ── slot ── Runtime API ◄── process (bootstrap, Python, ours)
//!                  │          └── log                                 ▲
//!                  └── launch ────────────────────────────────────────┘
//! ```

mod environment;
mod launch;
mod log;
mod memory;
mod outcome;
mod pool;
mod process;
mod python;
mod runtime_api;
mod slot;

pub use launch::{Isolation, PATH};
pub(crate) use launch::{is_reserved, python};
pub(crate) use outcome::Outcome;
pub(crate) use pool::{Done, Job, Pool, Surroundings};
pub use python::{Python, find_python, python_runtimes};
pub(crate) use slot::Event;
