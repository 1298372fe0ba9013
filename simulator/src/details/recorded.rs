//! The details of a recorded run, held against its journal, with what was said after it.

use std::path::Path;

use drill::details::{Details, SCHEMA};
use drill::measures::Recording;

use super::{ADDITIONS, DetailFlags, FILE, PLAN_COPY, now, register, resolve};
use crate::commands::sha256_hex;
use crate::exit::Failure;
use crate::output;
use crate::run_folder::{self, Left};

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

/// Adds what the flags say to the run in `folder`, now that it is over, and writes it down there; what the report then says
/// is returned.
///
/// # Errors
/// As [`resolve`] and [`of_run`]; and where a plan or scope is named that the run has already.
pub(crate) fn add(
    flags: &DetailFlags,
    scenario: &str,
    known: Option<Details>,
    left: &Left,
    folder: &Path,
) -> Result<Option<Details>, Failure> {
    if flags.are_absent() {
        return Ok(known);
    }
    let mut said = resolve(flags)?.details.added_at(&now());
    let register = flags.register.as_deref();
    said.register = register
        .map(|file| register::named(file, scenario, &now()))
        .transpose()?;
    let mut details = known.unwrap_or_else(empty);
    let refused =
        |error: drill::details::AlreadySaid| Failure::Input(format!("{}: {error}", folder.display()));
    details.add(said.clone()).map_err(refused)?;
    let before = additions(left, folder)?;
    let mut all = before.clone().unwrap_or_else(empty);
    all.add(only_new(said, &sealed_part(&details))).map_err(refused)?;
    if before.as_ref() != Some(&all) && !all.is_empty() {
        run_folder::write(&folder.join(ADDITIONS), json(&all)?.as_bytes())?;
        output::note(format_args!(
            "firedrill: added to {}; the report says when",
            folder.join(ADDITIONS).display()
        ));
    }
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

fn empty() -> Details {
    Details {
        schema: SCHEMA,
        ..Details::default()
    }
}

/// What of the details was not added later.
fn sealed_part(details: &Details) -> Details {
    let mut sealed = details.clone();
    sealed.participants.retain(|one| one.added_at.is_none());
    sealed.prepared_by.retain(|one| one.added_at.is_none());
    sealed.approved_by.retain(|one| one.added_at.is_none());
    sealed.owners.retain(|one| one.added_at.is_none());
    sealed.plan = sealed.plan.filter(|one| one.added_at.is_none());
    sealed.scope = sealed.scope.filter(|one| one.added_at.is_none());
    sealed
}

/// What of `said` the sealed details do not have.
fn only_new(mut said: Details, sealed: &Details) -> Details {
    let named = |all: &[drill::details::Person], one: &drill::details::Person| {
        all.iter()
            .any(|known| (&known.name, &known.role) == (&one.name, &one.role))
    };
    said.participants.retain(|one| !named(&sealed.participants, one));
    said.prepared_by.retain(|one| !named(&sealed.prepared_by, one));
    said.approved_by.retain(|one| !named(&sealed.approved_by, one));
    said.owners.retain(|one| {
        let known = |known: &drill::details::Owner| (&known.of, &known.name) == (&one.of, &one.name);
        !sealed.owners.iter().any(known)
    });
    said.plan = said.plan.filter(|_| sealed.plan.is_none());
    said.scope = said.scope.filter(|_| sealed.scope.is_none());
    said
}

/// What the run began with, if the journal says that it began with anything.
fn sealed(left: &Left, recording: &Recording, folder: &Path) -> Result<Option<Details>, Failure> {
    let (bytes, hash) = match (&left.details, recording.details_sha256()) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(wrong(folder, FILE, "is not there, and the journal names it")),
        (Some(_), None) => return Err(wrong(folder, FILE, "is not of this run: its journal names none")),
        (Some(bytes), Some(hash)) => (bytes, hash),
    };
    if sha256_hex(bytes) != hash {
        let message = "is not what the drill began with: it was changed since";
        return Err(wrong(folder, FILE, message));
    }
    let details = decode(folder, FILE, bytes)?;
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

fn additions(left: &Left, folder: &Path) -> Result<Option<Details>, Failure> {
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
