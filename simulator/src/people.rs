//! People at the terminal (`run --interactive`): who they are, and the lines that they write.
//!
//! ```text
//!   stdin ──thread──► lines ──► conductor/people ──► steps that people perform
//! ```
//!
//! Standard input that is no terminal is read all the same, line by line, if `--as` says who answers; the journal notes it. Its end means that everybody has left. The thread
//! that reads it ends with the program: a read cannot be cut short.

use std::io::{BufRead, BufReader, IsTerminal, Read};

use drill::procedure::people::name;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::exit::Failure;
use crate::output;

/// Lines that may wait to be looked at.
const LINES: usize = 64;

/// The longest line that is taken as one, in bytes.
const LONGEST: u64 = 16 * 1024;

/// Who is there, and what they write.
pub(crate) struct People {
    /// Who answers first.
    pub(crate) by: String,
    /// Whether they sit at a terminal, and it is no file or pipe that answers.
    pub(crate) at_terminal: bool,
    pub(crate) lines: Receiver<String>,
}

impl People {
    /// Begins to read standard input, and asks for a name unless one was `given`. A file or pipe is not asked: its first
    /// line is an answer and not a name.
    ///
    /// # Errors
    /// If there is no name to be had.
    pub(crate) fn arrive(given: Option<&str>) -> Result<People, Failure> {
        let given = given.map(|given| name(given, "--as NAME")).transpose();
        let given = given.map_err(|why| Failure::Input(format!("--as: {why}")))?;
        let at_terminal = std::io::stdin().is_terminal();
        if given.is_none() && !at_terminal {
            return Err(Failure::Input(
                "--interactive: standard input is no terminal that could be asked for a name; --as NAME gives one"
                    .to_owned(),
            ));
        }
        let mut lines = lines()?;
        let by = match given {
            Some(by) => by,
            None => asked(&mut lines)?,
        };
        Ok(People {
            by,
            at_terminal,
            lines,
        })
    }
}

fn asked(lines: &mut Receiver<String>) -> Result<String, Failure> {
    loop {
        output::prompt("Who performs the steps of people? Name: ");
        let Some(line) = lines.blocking_recv() else {
            return Err(Failure::Input(
                "--interactive: standard input ended before a name was given; --as NAME gives one".to_owned(),
            ));
        };
        match name(&line, "your name") {
            Ok(by) => return Ok(by),
            Err(why) => output::note(why),
        }
    }
}

/// Every line of standard input, from a thread of its own.
fn lines() -> Result<Receiver<String>, Failure> {
    let (sender, receiver) = channel(LINES);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || read(&mut BufReader::new(std::io::stdin()), &sender))
        .map_err(|error| Failure::environment("cannot read standard input", error))?;
    Ok(receiver)
}

/// Until it ends, cannot be read, or the drill is over.
fn read(input: &mut impl BufRead, lines: &Sender<String>) {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_given_also_one_without_an_end() {
        let (sender, mut receiver) = channel(LINES);
        read(&mut "Ada\r\n\nconfirm".as_bytes(), &sender);
        drop(sender);
        let mut lines = Vec::new();
        while let Ok(line) = receiver.try_recv() {
            lines.push(line);
        }
        assert_eq!(lines, ["Ada", "", "confirm"]);
    }

    #[test]
    fn a_line_that_is_too_long_does_not_grow() {
        let (sender, mut receiver) = channel(LINES);
        let long = vec![b'x'; 3 * LONGEST as usize];
        read(&mut long.as_slice(), &sender);
        assert_eq!(receiver.try_recv().map(|line| line.len() as u64), Ok(LONGEST));
    }
}
