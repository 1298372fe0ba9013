//! Scenario files: finding them, reading them, and saying what is wrong with them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drill::scenario::{Places, Platform, Scenario};
use sha2::{Digest, Sha256};

use crate::exit::Failure;
use crate::files;

/// A scenario with the text that it came from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) scenario: Scenario,
    pub(crate) text: String,
    /// What is odd about it, ready to be shown.
    pub(crate) warnings: Vec<String>,
    /// Where its fields stand.
    places: Places,
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Reads one scenario file, for a drill on this platform if it is known.
///
/// # Errors
/// With every error of the file at once.
pub(crate) fn read(path: &Path, platform: Option<Platform>) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let bytes = bytes(path).map_err(|error| Failure::Input(format!("{name}: cannot be read: {error}")))?;
    decode(&name, bytes, platform)
}

/// A file's bytes, of a file that is too large so many that it is seen. Nobody waits for a pipe, nor for the end of a
/// device.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(Scenario::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    match bytes.len() > Scenario::MAX_BYTES {
        true => Err(io::Error::other(
            "it has more than 1 MiB, which no scenario needs",
        )),
        false => Ok(bytes),
    }
}

/// Like [`read`], with a look at the scripts and packages beside the file, without which no drill can run.
///
/// # Errors
/// With every error of the file at once; if it has none, with every one of what lies beside it.
pub(crate) fn read_with_files(path: &Path, platform: Option<Platform>) -> Result<Source, Failure> {
    let mut source = read(path, platform)?;
    let name = path.display().to_string();
    let found = files::check(&name, &source.scenario, &source.places, &folder_of(path)?);
    if !found.errors.is_empty() {
        return Err(Failure::Input(lines(&found.errors)));
    }
    source
        .warnings
        .extend(found.warnings.iter().map(ToString::to_string));
    Ok(source)
}

fn decode(name: &str, bytes: Vec<u8>, platform: Option<Platform>) -> Result<Source, Failure> {
    match Scenario::read(name, &bytes, platform) {
        Ok(parsed) => Ok(Source {
            scenario: parsed.scenario,
            text: String::from_utf8(bytes).map_err(|error| Failure::Input(format!("{name}: {error}")))?,
            warnings: parsed.warnings.iter().map(ToString::to_string).collect(),
            places: parsed.places,
        }),
        Err(errors) => Err(Failure::Input(lines(&errors))),
    }
}

/// The scenario of a recorded run, which was checked before it ran.
///
/// # Errors
/// If it cannot be decoded.
pub(crate) fn recorded(name: &str, bytes: &[u8]) -> Result<Scenario, Failure> {
    Scenario::read_recorded(name, bytes).map_err(|errors| Failure::Input(lines(&errors)))
}

/// One a line.
fn lines<T: ToString>(all: &[T]) -> String {
    let lines: Vec<String> = all.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The folder in which a scenario file lies, from the root on.
///
/// # Errors
/// If it is gone.
pub(crate) fn folder_of(path: &Path) -> Result<PathBuf, Failure> {
    let whole = fs::canonicalize(path);
    let whole =
        whole.map_err(|error| Failure::Input(format!("{}: cannot be read: {error}", path.display())))?;
    Ok(whole.parent().map_or(whole.clone(), Path::to_owned))
}

/// The scenario files that `path` names: itself, or every `.yaml` and `.yml` below it, in order.
///
/// # Errors
/// If it is not there or cannot be read, or a folder has none.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::Input(format!("{}: cannot be read: {error}", path.display()));
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    collect(path, &mut found).map_err(unreadable)?;
    found.sort();
    match found.is_empty() {
        true => Err(Failure::Input(format!(
            "{}: no scenario files (*.yaml) in this folder",
            path.display()
        ))),
        false => Ok(found),
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (entry, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
        let kind = entry?;
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            found.push(path);
        }
    }
    Ok(())
}
