//! `firedrill findings`: what drills found and what became of it, with a register that is kept in git.
//!
//! ```text
//!  runs/*/*/report.json ──┐
//!  findings.yaml ─────────┴──► drill::register::follow ──► list
//!                                        └──► --update, assign, close ──► findings.yaml, single lines of it
//! ```

mod arguments;
mod change;
mod file;
mod followed;
mod list;

pub(crate) use self::arguments::Findings;
pub(crate) use self::list::execute;
