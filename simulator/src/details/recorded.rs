//! The details of a recorded run, held against its journal, with what was said after it.

use std::path::Path;

use drill::details::{Details, SCHEMA};
use drill::measures::Recording;

use crate::exit::Failure;
use crate::run_files::{ADDITIONS, DETAILS, PLAN_COPY};
use crate::run_folder::Left;
use crate::source::sha256_hex;

/// The details of the run in `folder`: those with which it began, and those that were added.
///
/// # Errors
/// A file that is missing, was changed, or cannot be read.
pub(crate) fn of_run(left: &Left, recording: &Recording, folder: &Path) -> Result<Option<Details>, Failure> {
    let sealed = sealed(left, recording, folder)?;
    let Some(added) = additions(left, folder)? else {
        return Ok(sealed);
    };
    let mut details = sealed.unwrap_or_else(empty);
    details
        .add(added)
        .map_err(|error| wrong(folder, ADDITIONS, &error.to_string()))?;
    Ok(Some(details))
}

/// `details` as `details.json` has them.
///
/// # Errors
/// Never, for details that were read.
pub(crate) fn json(details: &Details) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(details);
    json.map(|json| json + "\n")
        .map_err(|error| Failure::environment("cannot write the details down", error))
}

pub(super) fn empty() -> Details {
    Details {
        schema: SCHEMA,
        ..Details::default()
    }
}

/// What the run began with, if the journal says that it began with anything.
fn sealed(left: &Left, recording: &Recording, folder: &Path) -> Result<Option<Details>, Failure> {
    let (bytes, hash) = match (&left.details, recording.details_sha256()) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(wrong(folder, DETAILS, "is not there, and the journal names it")),
        (Some(_), None) => {
            return Err(wrong(
                folder,
                DETAILS,
                "is not of this run: its journal names none",
            ));
        }
        (Some(bytes), Some(hash)) => (bytes, hash),
    };
    if sha256_hex(bytes) != hash {
        let message = "is not what the drill began with: it was changed since";
        return Err(wrong(folder, DETAILS, message));
    }
    let details = decode(folder, DETAILS, bytes)?;
    let plan = details.plan.as_ref().and_then(|plan| plan.sha256.as_ref());
    match (plan, &left.recovery_plan) {
        (Some(hash), Some(copy)) if sha256_hex(copy) == *hash => Ok(Some(details)),
        (Some(_), Some(_)) => {
            let message = "is not the plan that was drilled: it was changed since";
            Err(wrong(folder, PLAN_COPY, message))
        }
        (Some(_), None) => Err(wrong(
            folder,
            PLAN_COPY,
            "is not there, and details.json names its hash",
        )),
        (None, _) => Ok(Some(details)),
    }
}

pub(super) fn additions(left: &Left, folder: &Path) -> Result<Option<Details>, Failure> {
    let bytes = left.additions.as_ref();
    bytes.map(|bytes| decode(folder, ADDITIONS, bytes)).transpose()
}

fn decode(folder: &Path, file: &str, bytes: &[u8]) -> Result<Details, Failure> {
    let details: Details = serde_json::from_slice(bytes).map_err(|error| {
        let path = folder.join(file);
        Failure::Input(format!(
            "{}:{}:{}: {error}",
            path.display(),
            error.line(),
            error.column()
        ))
    })?;
    match details.schema {
        SCHEMA => Ok(details),
        other => {
            let message = format!("has schema {other}, and this version reads schema {SCHEMA}");
            Err(wrong(folder, file, &message))
        }
    }
}

fn wrong(folder: &Path, file: &str, message: &str) -> Failure {
    Failure::Input(format!("{}: {message}", folder.join(file).display()))
}
