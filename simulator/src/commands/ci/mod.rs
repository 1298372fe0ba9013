//! `firedrill ci`: drills many scenarios as one suite, and holds them against what is expected and against a baseline.
//!
//! ```text
//!  paths ──► work: each scenario, N times ──► children: `firedrill run …`, several at once ──► report.json of each
//!                                                                                                 │
//!  baseline.json ──► compare ◄──────────────────────────────── observe ◄──────────────────────────┤
//!                       └──► Drilled ◄────────────────────────────────────────────────────────────┘
//!                               └──► junit.xml, summary.md, a line each on stdout, the exit code
//! ```
//!
//! A drill is a process of its own, as if a person had run it: what one does to this machine ends with it. With `--recorded`
//! the drills of an earlier suite are judged instead of new ones.

mod arguments;
mod children;
mod drill_files;
mod drills;
mod item;
mod recorded;
mod show;
mod suite;
mod work;

pub(crate) use self::arguments::Ci;
pub(crate) use self::suite::execute;
