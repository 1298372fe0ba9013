//! Standard output: data, for people and pipes.

use std::io::{ErrorKind, Write};

use drill::text::clean;
use drill::variables::CommandVariable;

use crate::exit::Failure;

/// Writes `text` to stdout. A reader that has gone (`| head`) has seen what it wanted.
///
/// # Errors
/// If it cannot be written for another reason, a full disk say.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::environment("cannot write to standard output", error))
        }
        _ => Ok(()),
    }
}

/// Writes a line to stderr, for people, who see what scripts and scenarios wrote as text and nothing else. A closed
/// stderr does not end a drill.
pub(crate) fn note(line: impl std::fmt::Display) {
    let line = clean(&line.to_string());
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// The columns of the terminal; a page's width where there is none.
pub(crate) fn columns() -> u16 {
    const PAGE: u16 = 110;
    let columns = std::env::var(CommandVariable::Columns.name())
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = || console::Term::stdout().size_checked().map(|(_, columns)| columns);
    columns.or_else(terminal).unwrap_or(PAGE)
}

/// Writes what a person answers to, without a line's end, to stderr.
pub(crate) fn prompt(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "{}", clean(text)).and_then(|()| stderr.flush());
}

/// Clears the line of a terminal on which the cursor stands.
pub(crate) fn clear_line() {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "\r\u{1b}[2K").and_then(|()| stderr.flush());
}
