//! Scenario files: finding them, reading them, and saying what is wrong with them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drill::scenario::{Diagnostic, Parsed, Places, Platform, Scenario, Warning};
use sha2::{Digest, Sha256};

use crate::exit::Failure;
use crate::{files, hints};

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
    let bytes = bytes(path).map_err(|error| unreadable(path, &error))?;
    decode(&name, bytes, platform)
}

/// Why a scenario cannot be read from `path`, with what was probably meant where there is no file.
fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            hints::of_scenario(path)
        }
        _ => String::new(),
    };
    Failure::Input(format!("{}: cannot be read: {error}{hint}", path.display()))
}

/// A file's bytes; of a file that is too large, so many that this is seen. Does not wait for a pipe, nor for the end of
/// a device.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !about.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(Scenario::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > Scenario::MAX_BYTES {
        Err(io::Error::other(
            "it has more than 1 MiB, which no scenario needs",
        ))
    } else {
        Ok(bytes)
    }
}

/// Like [`read`], with a look at the scripts and packages beside the file, without which no drill can run; scripts are to
/// run in a sandbox, or not.
///
/// # Errors
/// With every error of the file and of what lies beside it at once.
pub(crate) fn read_with_files(
    path: &Path,
    platform: Option<Platform>,
    isolated: bool,
) -> Result<Source, Failure> {
    let (source, mut errors) = read_as_far_as_possible(path, platform, isolated)?;
    match source {
        Some((source, found)) if errors.is_empty() && found.errors.is_empty() => Ok(source),
        source => {
            errors.extend(source.into_iter().flat_map(|(_, found)| found.errors));
            errors.sort_by_key(|error| error.mark);
            Err(Failure::Input(lines(&errors)))
        }
    }
}

/// Like [`read_with_files`], and what was found of the scripts and packages stands apart: their errors are no errors of the
/// file.
///
/// # Errors
/// With every error of the file at once.
pub(crate) fn read_and_look(
    path: &Path,
    platform: Option<Platform>,
    isolated: bool,
) -> Result<(Source, files::Found), Failure> {
    let (source, errors) = read_as_far_as_possible(path, platform, isolated)?;
    match source {
        Some(source) if errors.is_empty() => Ok(source),
        _ => Err(Failure::Input(lines(&errors))),
    }
}

/// The scenario and what was found beside it, if it could be read so far, and every error of the file.
type SoFar = (Option<(Source, files::Found)>, Vec<Diagnostic>);

fn read_as_far_as_possible(
    path: &Path,
    platform: Option<Platform>,
    isolated: bool,
) -> Result<SoFar, Failure> {
    let name = path.display().to_string();
    let bytes = bytes(path).map_err(|error| unreadable(path, &error))?;
    let (parsed, errors) = Scenario::read_as_far_as_possible(&name, &bytes, platform);
    let Some(parsed) = parsed else {
        return Ok((None, errors));
    };
    let found = files::check(
        &name,
        &parsed.scenario,
        &parsed.places,
        &folder_of(path)?,
        isolated,
    );
    let mut source = Source::from_parsed(&name, bytes, parsed)?;
    source
        .warnings
        .extend(found.warnings.iter().map(ToString::to_string));
    Ok((Some((source, found)), errors))
}

impl Source {
    fn from_parsed(name: &str, bytes: Vec<u8>, parsed: Parsed) -> Result<Source, Failure> {
        Ok(Source {
            scenario: parsed.scenario,
            text: String::from_utf8(bytes).map_err(|error| Failure::Input(format!("{name}: {error}")))?,
            warnings: parsed.warnings.iter().map(ToString::to_string).collect(),
            places: parsed.places,
        })
    }

    /// A warning of each secret that is not in this program's environment: a run from here would be refused.
    pub(crate) fn unset_secrets(&self, path: &Path) -> Vec<String> {
        let unset = |(n, name): (usize, &String)| {
            let path_of_item = format!("secrets[{n}]");
            let warning = Warning {
                file: path.display().to_string(),
                mark: self.places.mark_of(&path_of_item),
                path: path_of_item,
                text: format!("{name} is not set in this environment, from which a run would take it"),
            };
            std::env::var_os(name).is_none().then(|| warning.to_string())
        };
        self.scenario
            .secrets
            .iter()
            .enumerate()
            .filter_map(unset)
            .collect()
    }
}

fn decode(name: &str, bytes: Vec<u8>, platform: Option<Platform>) -> Result<Source, Failure> {
    match Scenario::read(name, &bytes, platform) {
        Ok(parsed) => Source::from_parsed(name, bytes, parsed),
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

/// The scenario files that `path` names: itself, or every `.yaml` and `.yml` below it, in order, but for those that drills
/// left in the folders of their runs.
///
/// # Errors
/// If it is not there or cannot be read, or a folder has none.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| unreadable(path, &error);
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    collect(path, &mut found).map_err(unreadable)?;
    found.sort();
    if found.is_empty() {
        Err(Failure::Input(format!(
            "{}: no scenario files (*.yaml) in this folder{}",
            path.display(),
            hints::of_scenario(path)
        )))
    } else {
        Ok(found)
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if hints::is_run(folder) {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let (entry, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
        let kind = entry?;
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
            && !lies_beside(&path)
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a file is no scenario but what may lie beside one: the details of a drill, the register of findings. One of these
/// names that has objectives is a scenario all the same.
fn lies_beside(path: &Path) -> bool {
    let name = path
        .file_name()
        .is_some_and(|name| name == "drill.yaml" || name == drill::register::FILE);
    let objectives = |text: String| text.lines().any(|line| line.starts_with("objectives:"));
    name && !fs::read_to_string(path).is_ok_and(objectives)
}
