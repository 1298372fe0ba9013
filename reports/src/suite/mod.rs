//! Many drills as one suite, for continuous integration: what was expected of each scenario, and what came of it.
//!
//! ```text
//!   scenario: expect ──────┐
//!   reports of N drills ───┼──► Drilled ──► junit (for CI readers), markdown (for a pull request), text (for a terminal)
//!   baseline::Comparison ──┘
//! ```
//!
//! A scenario is as expected only if every one of its drills is: of several repeats the worst counts.

mod drilled;
mod markdown;
mod text;

pub use drilled::{Drill, Drilled, NoReport, State};

/// The suite as `junit.xml`.
pub fn junit(suite: &[Drilled]) -> String {
    crate::junit::of_suite(suite)
}

/// The suite as Markdown, fit for a comment on a pull request.
pub fn markdown(suite: &[Drilled]) -> String {
    markdown::render(suite)
}

/// The suite as lines of plain text.
pub fn text(suite: &[Drilled]) -> String {
    text::render(suite)
}

#[cfg(test)]
pub(crate) mod tests;
