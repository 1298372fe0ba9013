//! The folder of a run: which files it has, and where it stands.
//!
//! `runs/<scenario>/<time>-<seed>/`, or what `--out` names, with `runs/<scenario>/latest` pointing to the
//! newest. Whatever cannot be written is found before anything is started.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use drill::seal::Files;
use jiff::Timestamp;
use runtime::preflight::{self, PreflightError};
use tempfile::Builder;

use crate::exit::Failure;
use crate::output;

/// The file names of a run.
pub(crate) const SCENARIO: &str = "scenario.yaml";
/// The plan, for the curious: it is made again from the scenario and the seed.
pub(crate) const PLAN: &str = "plan.json";
pub(crate) const JOURNAL: &str = "journal.jsonl";
pub(crate) const LEDGER: &str = "ledger.bin";
pub(crate) const AUDIT: &str = "audit.bin";
/// What people were told who have no webhook.
pub(crate) const MESSAGES: &str = "messages.jsonl";
/// What the broker's rules leave while they run; it goes into the ledger.
pub(crate) const MARKS: &str = "marks.bin";

/// Where runs go unless told otherwise.
pub(crate) const RUNS: &str = "runs";

/// The folder of one run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
    /// The link that will point here.
    latest: Option<PathBuf>,
}

impl RunFolder {
    /// Makes the folder: `out`, which may exist if it is empty, or a new one under `runs/`.
    pub(crate) fn create(
        out: Option<&Path>,
        scenario: &str,
        now_us: i64,
        seed: u64,
    ) -> Result<RunFolder, Failure> {
        let made = |path: &Path| preflight::empty_folder(path);
        if let Some(out) = out {
            made(out).map_err(|error| Failure::Environment(error.to_string()))?;
            return Ok(RunFolder {
                path: out.to_owned(),
                latest: None,
            });
        }
        let of_scenario = Path::new(RUNS).join(scenario);
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

/// What a run left in its folder.
pub(crate) struct Left {
    pub(crate) scenario: Vec<u8>,
    journal: Vec<u8>,
    ledger: Vec<u8>,
    audit: Vec<u8>,
}

impl Left {
    /// Reads it.
    ///
    /// # Errors
    /// A file that is not there or cannot be read.
    pub(crate) fn read(folder: &Path) -> Result<Left, Failure> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path)
                .map_err(|error| Failure::Input(format!("{}: cannot be read: {error}", path.display())))
        };
        Ok(Left {
            journal: read(JOURNAL)?,
            ledger: read(LEDGER)?,
            audit: read(AUDIT)?,
            scenario: read(SCENARIO)?,
        })
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
