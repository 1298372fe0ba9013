//! The folder of a run: which files it has, and where it stands.
//!
//! `runs/<scenario>/<time>-<seed>/`, or what `--out` names, with `runs/<scenario>/latest` pointing to the
//! newest. Whatever cannot be written is found before anything is started.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use drill::seal::Files;
use jiff::Timestamp;
use runtime::preflight::{self, PreflightError};
use tempfile::Builder;

use crate::exit::Failure;
use crate::hints;
use crate::output;
use crate::run_files::{ADDITIONS, DETAILS, PLAN_COPY};
pub(crate) use crate::run_files::{
    AUDIT, JOURNAL, LEDGER, MARKS, MESSAGES, PLAN, REPORT, RUNS, SCENARIO, VARIABLE,
};

/// Where runs go that no option sends elsewhere.
pub(crate) fn default_runs() -> PathBuf {
    let told = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty());
    told.map_or_else(|| PathBuf::from(RUNS), PathBuf::from)
}

/// The folder of one run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
    /// The link that will point here.
    latest: Option<PathBuf>,
}

impl RunFolder {
    /// Makes the folder: `out`, which may exist if it is empty, or a new one below `runs`.
    pub(crate) fn create(
        out: Option<&Path>,
        runs: &Path,
        scenario: &str,
        now_us: i64,
        seed: u64,
    ) -> Result<RunFolder, Failure> {
        let made = |path: &Path| preflight::empty_folder(path);
        if let Some(out) = out {
            empty_out(out)?;
            return Ok(RunFolder {
                path: out.to_owned(),
                latest: None,
            });
        }
        let of_scenario = runs.join(scenario);
        let name = format!("{}-{seed}", stamp(now_us));
        loop {
            let path = unused(&of_scenario, &name);
            match made(&path) {
                Ok(()) => {
                    return Ok(RunFolder {
                        path,
                        latest: Some(of_scenario.join("latest")),
                    });
                }
                // One that began in the same second has taken it meanwhile.
                Err(PreflightError::NotEmpty { .. }) => {}
                Err(error) => return Err(Failure::Environment(error.to_string())),
            }
        }
    }

    /// The path of one of its files.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a whole file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), Failure> {
        write(&self.file(name), content.as_ref())
    }

    /// Lets `latest` point here. That it cannot is told, and no more: the run itself is whole.
    pub(crate) fn link_latest(&self) {
        let (Some(latest), Some(name)) = (&self.latest, self.path.file_name()) else {
            return;
        };
        if let Err(error) = replace_link(latest, Path::new(name)) {
            output::note(format_args!(
                "firedrill: {} does not point to this run: {error}",
                latest.display()
            ));
        }
    }
}

/// Makes the folder that `--out` names, or takes one that is empty.
///
/// # Errors
/// If it holds something or cannot be written: another one has to be named.
pub(crate) fn empty_out(out: &Path) -> Result<(), Failure> {
    preflight::empty_folder(out).map_err(|error| Failure::Input(format!("--out: {error}")))
}

/// Where the runs of a suite go unless told otherwise.
pub(crate) fn suite(now_us: i64) -> PathBuf {
    unused(&default_runs().join("ci"), &stamp(now_us))
}

/// What a run left in its folder.
pub(crate) struct Left {
    pub(crate) scenario: Vec<u8>,
    journal: Vec<u8>,
    pub(crate) ledger: Vec<u8>,
    audit: Vec<u8>,
    pub(crate) plan: Vec<u8>,
    /// `details.json`, if there is one.
    pub(crate) details: Option<Vec<u8>>,
    /// What was said after the drill, if anything was.
    pub(crate) additions: Option<Vec<u8>>,
    /// The copy of the recovery plan's file, if one was named.
    pub(crate) recovery_plan: Option<Vec<u8>>,
}

impl Left {
    /// Reads it.
    ///
    /// # Errors
    /// It is no folder of a run, or a file is not there or cannot be read.
    pub(crate) fn read(folder: &Path) -> Result<Left, Failure> {
        must_be_run(folder)?;
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path)
                .map_err(|error| Failure::Input(format!("{}: cannot be read: {error}", path.display())))
        };
        let read_if_there = |name: &str| match fs::read(folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let path = folder.join(name);
                Err(Failure::Input(format!(
                    "{}: cannot be read: {error}",
                    path.display()
                )))
            }
        };
        Ok(Left {
            details: read_if_there(DETAILS)?,
            additions: read_if_there(ADDITIONS)?,
            recovery_plan: read_if_there(PLAN_COPY)?,
            journal: read(JOURNAL)?,
            ledger: read(LEDGER)?,
            audit: read(AUDIT)?,
            scenario: read(SCENARIO)?,
            plan: read(PLAN)?,
        })
    }

    /// The same from files that were read already, by name; what is not among them is empty.
    pub(crate) fn from_files(files: &BTreeMap<String, Vec<u8>>) -> Left {
        let of = |name: &str| files.get(name).cloned().unwrap_or_default();
        Left {
            details: files.get(DETAILS).cloned(),
            additions: files.get(ADDITIONS).cloned(),
            recovery_plan: files.get(PLAN_COPY).cloned(),
            journal: of(JOURNAL),
            ledger: of(LEDGER),
            audit: of(AUDIT),
            scenario: of(SCENARIO),
            plan: of(PLAN),
        }
    }

    pub(crate) fn files(&self) -> Files<'_> {
        Files {
            scenario: &self.scenario,
            journal: &self.journal,
            ledger: &self.ledger,
            audit: &self.audit,
        }
    }
}

/// # Errors
/// It is no folder of a run: why not, and what may be meant.
pub(crate) fn must_be_run(folder: &Path) -> Result<(), Failure> {
    if hints::is_run(folder) {
        return Ok(());
    }
    let why = match fs::metadata(folder) {
        Err(error) => error.to_string(),
        Ok(about) if about.is_dir() => format!("it has no {JOURNAL}"),
        Ok(_) => "it is a file".to_owned(),
    };
    let hint = hints::of_run(folder);
    Err(Failure::Input(format!(
        "{}: is no folder of a run: {why}{hint}",
        folder.display()
    )))
}

/// Whether a file that the user named can be written, before anything is done for it.
///
/// # Errors
/// It is there already and `force` is not given, it is a folder, or there is no folder for it.
pub(crate) fn writable(file: &Path, force: bool) -> Result<(), Failure> {
    let refuse = |why: String| Err(Failure::Input(format!("{}: {why}", file.display())));
    match fs::symlink_metadata(file) {
        Ok(about) if about.is_dir() => return refuse("is a folder; name a file".to_owned()),
        Ok(_) if !force => return refuse("is there already; --force overwrites it".to_owned()),
        _ => {}
    }
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => refuse(format!(
            "cannot be written: there is no folder {}",
            folder.display()
        )),
        _ => Ok(()),
    }
}

/// Writes a file as a whole or not at all: where there is no room for it, what stood there stays.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = Builder::new()
        .prefix(".firedrill-")
        // As of any file; the mask of the user's says what of it holds.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .and_then(|file| file.as_file().write_all(content).map(|()| file))
        .and_then(|file| file.persist(path).map_err(|error| error.error));
    written
        .map(drop)
        .map_err(|error| Failure::environment(format!("cannot write {}", path.display()), error))
}

/// A link is made beside and moved over the old one, so that there always is one.
fn replace_link(link: &Path, target: &Path) -> io::Result<()> {
    let beside = link.with_extension(format!("{}.new", std::process::id()));
    std::os::unix::fs::symlink(target, &beside)?;
    fs::rename(&beside, link)
}

/// `name` in `folder`, or with a number behind it where two runs began in one second.
fn unused(folder: &Path, name: &str) -> PathBuf {
    let plain = folder.join(name);
    if !plain.exists() {
        return plain;
    }
    (2..)
        .map(|n| folder.join(format!("{name}-{n}")))
        .find(|path| !path.exists())
        .unwrap_or(plain)
}

/// `20261121T104500Z`: sorts by time, and is a file name everywhere.
fn stamp(now_us: i64) -> String {
    let time = Timestamp::from_microsecond(now_us).unwrap_or_default();
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}
