//! Whether a file can be executed: its mode, and the interpreter that its first line names.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::program::{find_program, is_executable};

/// As much of a file as the kernel looks at for its interpreter.
const LONGEST_LINE: u64 = 256;

/// Why a file cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It is not there.
    Missing,
    /// It is there, and no file; or it cannot be looked at.
    NotAFile(String),
    /// Its mode does not say that it may be executed.
    NotExecutable,
    /// The interpreter of its first line is not there.
    NoInterpreter {
        /// What the line names.
        name: String,
        /// Why it is not found, or what to do.
        why: String,
    },
}

impl Problem {
    /// What is to be said of the file after its name.
    pub(super) fn describe(&self) -> String {
        match self {
            Problem::Missing => "which is not there".to_owned(),
            Problem::NotAFile(why) => why.clone(),
            Problem::NotExecutable => "which is not executable".to_owned(),
            Problem::NoInterpreter { name, why } => format!("whose interpreter {name:?} {why}"),
        }
    }
}

/// Checks a file that is to be executed where programs are found by `search_path`. Whether it names an interpreter.
///
/// # Errors
/// Why it cannot be.
pub(super) fn check(path: &Path, search_path: &str) -> Result<bool, Problem> {
    let file = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Problem::Missing,
        _ => unreadable(&error),
    })?;
    if file.is_dir() {
        return Err(Problem::NotAFile("which is a folder".to_owned()));
    }
    if !file.is_file() {
        return Err(Problem::NotAFile("which is no regular file".to_owned()));
    }
    if file.permissions().mode() & 0o111 == 0 {
        return Err(Problem::NotExecutable);
    }
    let Some(line) = first_line(path)? else {
        return Ok(false);
    };
    interpreter(&line, search_path)
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::NotAFile(format!("which cannot be read: {error}"))
}

/// What stands behind `#!` in the first line, if that is how the file begins; an executable in binary has none.
fn first_line(path: &Path) -> Result<Option<String>, Problem> {
    let mut begin = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_LINE).read_to_end(&mut begin));
    read.map_err(|error| unreadable(&error))?;
    let line = begin.strip_prefix(b"#!").map(|rest| {
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    });
    Ok(line)
}

/// Checks that the interpreter of such a line is there, and what `env` is to find.
fn interpreter(line: &str, search_path: &str) -> Result<bool, Problem> {
    let missing = |name: &str, why: &str| {
        Err(Problem::NoInterpreter {
            name: name.to_owned(),
            why: why.to_owned(),
        })
    };
    if line.ends_with('\r') {
        let why = "is not there: its line ends with a carriage return, as files of Windows do";
        return missing(line.trim(), why);
    }
    let mut words = line.split_whitespace();
    let Some(program) = words.next() else {
        return missing("", "is not there: nothing stands behind `#!`");
    };
    if !is_executable(Path::new(program)) {
        return missing(program, "is not there");
    }
    if Path::new(program).file_name().is_some_and(|name| name == "env") {
        let is_name = |word: &&str| !word.starts_with('-') && !word.contains('=');
        if let Some(name) = words.find(is_name)
            && !is_executable(Path::new(name))
            && find_program(name, search_path).is_none()
        {
            return missing(name, "is not in PATH");
        }
    }
    Ok(true)
}
