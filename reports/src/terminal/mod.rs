//! The summary on the terminal: the verdict first, then what it rests on, then where the files are.
//!
//! ```text
//!  Judged ──► sections of lines of pieces ──► clean ──► colours, if the caller's Style has them
//! ```
//!
//! Lines are made of pieces with a tone (`paint`); only the last step writes escape codes, after every text was
//! cleaned of its own, so that no scenario and no error message can steer the reader's terminal.

mod paint;
mod reference;
mod sections;
mod waterfall;

use std::ffi::OsStr;
use std::path::Path;

use drill::journal::ReadinessCheck;
use drill::reference::Page;
use drill::report::Judged;

use self::paint::Line;
pub(crate) use self::paint::{cut, wrap};

/// How to write for the reader's terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes for colours are written.
    pub colour: bool,
    /// Columns; less than 60 is taken as 60.
    pub width: usize,
}

impl Style {
    /// The style for an output: colours on a terminal only, unless the variable `NO_COLOR` is set and not
    /// empty; 80 columns where the width is not known.
    pub fn detect(is_terminal: bool, no_color: Option<&OsStr>, columns: Option<usize>) -> Style {
        let refused = no_color.is_some_and(|value| !value.is_empty());
        Style {
            colour: is_terminal && !refused,
            width: columns.unwrap_or(80).clamp(60, 160),
        }
    }
}

/// The summary of a judged drill; `folder` is where its files are.
pub fn render(judged: &Judged, style: Style, folder: Option<&Path>) -> String {
    let width = style.width.max(60);
    let report = &judged.report;
    let sections: [Vec<Line>; 13] = [
        sections::verdict(report, width),
        sections::objectives(report, width),
        waterfall::waterfall(judged, width),
        sections::course(report, width),
        sections::people(report, width),
        sections::readiness(report, width),
        sections::data(report, width),
        sections::functions(report, width),
        sections::programs(report, width),
        sections::fleet(report, width),
        sections::findings(report, width),
        sections::flips(report, width),
        sections::files(folder),
    ];
    written(&sections, style)
}

/// What a scenario's plan relies on: what holds, what does not, and what to do about it.
pub fn readiness(scenario: &str, checks: &[ReadinessCheck], style: Style) -> String {
    written(&[sections::ready(scenario, checks, style.width.max(60))], style)
}

/// A page of the reference.
pub fn reference(page: &Page, style: Style) -> String {
    written(&reference::page(page, style.width.max(60)), style)
}

/// The index of the reference.
pub fn reference_index(pages: &[Page], style: Style) -> String {
    written(&reference::index(pages, style.width.max(60)), style)
}

fn written(sections: &[Vec<Line>], style: Style) -> String {
    let mut text = String::new();
    for section in sections.iter().filter(|lines| !lines.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in section {
            line.write(&mut text, style.colour);
        }
    }
    text
}

#[cfg(test)]
mod tests;
