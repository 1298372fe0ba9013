//! Standard output: data, for people and pipes.

use std::io::{ErrorKind, Write};

use drill::text::clean;

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

/// Writes a line to stderr, for people, who see what scripts and scenarios wrote as text and nothing else. Nobody there to
/// read it is no reason to end a drill.
pub(crate) fn note(line: impl std::fmt::Display) {
    let line = clean(&line.to_string());
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
