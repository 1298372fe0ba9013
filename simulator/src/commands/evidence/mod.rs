//! `firedrill evidence`: a signed archive of a run, which others can verify.
//!
//! ```text
//!  run folder ──► judged again: are the reports what the records give? ──► files, statement ──► signature ──► FILE.tar.gz
//! ```

pub(crate) mod judge;
pub(crate) mod keys;
pub(crate) mod statement;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use drill::seal;
use evidence::{PackError, REQUIRED, SecretKey};

use crate::exit::{End, Failure};
use crate::source::sha256_hex;
use crate::{output, run_files, run_folder};

/// What else a run may have left that belongs to its evidence.
const OPTIONAL: [&str; 3] = [run_files::DETAILS, run_files::ADDITIONS, run_files::PLAN_COPY];

#[derive(Debug, Args)]
pub(crate) struct Evidence {
    /// The run's folder (`runs/<scenario>/latest`).
    #[arg(required_unless_present = "new_key")]
    run: Option<PathBuf>,
    /// The private key that signs: ed25519, as PEM (`openssl genpkey -algorithm ed25519`, or --new-key).
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    key: Option<PathBuf>,
    /// Where to put the archive (`.tar.gz`).
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    out: Option<PathBuf>,
    /// Replace the archive if there is one.
    #[arg(long)]
    force: bool,
    /// Also sign the name of this machine.
    #[arg(long)]
    host_name: bool,
    /// Make a new key in this file, and its public part beside it (`.pub`), and do nothing else.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "key", "out", "force", "host_name"])]
    new_key: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Evidence) -> Result<End, Failure> {
    if let Some(file) = &arguments.new_key {
        return keys::make(file);
    }
    let (Some(run), Some(key), Some(out)) = (&arguments.run, &arguments.key, &arguments.out) else {
        return Err(Failure::Input("RUN, --key and --out are needed".to_owned()));
    };
    run_folder::writable(out, arguments.force)?;
    let key = keys::secret(key)?;
    let files = files(run)?;
    let judged = judge::again(&files, run)?;
    judge::reports_are_given_by(&judged, &files, run)?;
    let host = arguments.host_name.then(host_name).transpose()?;
    let predicate = statement::predicate(&judged.report, &files, host)?;
    let bytes = evidence::pack(files, predicate, &key).map_err(|error| refused(&error, run))?;
    run_folder::write(out, &bytes)?;
    report_pack(&bytes, out, &key)
}

/// Everything that belongs to the evidence of a run.
fn files(run: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    run_folder::must_be_run(run)?;
    let mut files = BTreeMap::new();
    let formats = reports::FORMATS.iter().map(|format| format.file);
    let required: BTreeSet<&str> = REQUIRED.into_iter().chain(formats).collect();
    for name in required {
        let path = run.join(name);
        let content = fs::read(&path).map_err(|error| unreadable(&path, name, &error))?;
        files.insert(name.to_owned(), content);
    }
    for name in OPTIONAL {
        let path = run.join(name);
        match fs::read(&path) {
            Ok(content) => drop(files.insert(name.to_owned(), content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&path, name, &error)),
        }
    }
    Ok(files)
}

fn unreadable(path: &Path, name: &str, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::Input(match (error.kind(), name) {
        (io::ErrorKind::NotFound, seal::FILE) => format!(
            "{path}: is not there: the run was killed before it was sealed, or the file was removed; a run that is not \
             sealed is no evidence"
        ),
        (io::ErrorKind::NotFound, name) if reports::FORMATS.iter().any(|format| format.file == name) => {
            format!("{path}: is not there; firedrill report writes it")
        }
        _ => format!("{path}: cannot be read: {error}"),
    })
}

fn refused(error: &PackError, run: &Path) -> Failure {
    Failure::Input(format!("{}: {error}", run.display()))
}

fn host_name() -> Result<String, Failure> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname");
    let name = name
        .map_err(|error| Failure::environment("--host-name: this machine does not tell its name", error))?;
    Ok(name.trim().to_owned())
}

/// The archive's own SHA-256 on stdout, as `sha256sum --check` reads it: it can be handed over by another way.
fn report_pack(bytes: &[u8], out: &Path, key: &SecretKey) -> Result<End, Failure> {
    output::write(&format!("{}  {}\n", sha256_hex(bytes), out.display()))?;
    output::note(format_args!(
        "signed with {}; tell it to those who verify, by another way than this file: firedrill verify {}",
        key.public().fingerprint(),
        out.display()
    ));
    Ok(End::Done)
}
