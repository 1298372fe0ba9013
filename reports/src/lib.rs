//! Reports of a judged drill, one file per format.
//!
//! ```text
//!                        ┌─ json      report.json   others build on it
//!  Judged ──► FORMATS ───┼─ junit     junit.xml     continuous integration
//!  (report,              ├─ markdown  summary.md    a comment on a pull request
//!   charts)              └─ html      report.html   a manager, an auditor ── charts ── svg
//!           ──► terminal::render                    the person who ran it
//! ```
//!
//! Every format is a pure function of [`Judged`]: the same records give the same bytes. None of them
//! judges; they show. They never say more than the data: an unknown figure reads `not known`, a bound
//! reads `at least 22m`, and modelled time is never shown as measured.
//!
//! A new format is one file with a `render` function and one line in `formats!`.
//!
//! Many drills as one suite, for continuous integration, are in [`suite`].
//!
//! What was simulated instead of run has formats of its own ([`capacity`], [`mod@forecast`]), in the same look, and so has what
//! lies between two runs ([`compare`]).

#![forbid(unsafe_code)]

pub mod capacity;
mod charts;
pub mod compare;
pub mod controls;
mod figure;
pub mod forecast;
pub mod history;
mod notification;
pub mod readiness;
pub mod register;
mod score;
pub mod suite;
mod svg;
pub mod terminal;
mod text;
mod timeline;

pub use figure::Picture;
pub use notification::render as notification;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod gallery;
#[cfg(test)]
mod tests;

use drill::report::Judged;

/// A file that every run leaves.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The file's name in the run's folder.
    pub file: &'static str,
    /// What stands in it.
    pub render: fn(&Judged) -> String,
}

macro_rules! formats {
    ($($module:ident => $file:literal,)+) => {
        $(mod $module;)+

        /// All formats, in the order in which they are written.
        pub const FORMATS: &[Format] = &[$(Format { file: $file, render: $module::render }),+];
    };
}

// A module with a function `render`, and the name of its file in the run's folder.
formats! {
    json => "report.json",
    junit => "junit.xml",
    markdown => "summary.md",
    html => "report.html",
}
