//! What is said of a run after it is over.

use std::path::Path;

use drill::details::{Details, RecoveryPlan};

use super::flags::DetailFlags;
use super::given::resolve;
use super::recorded::{additions, empty, json};
use super::register;
use super::time::now;
use crate::exit::Failure;
use crate::output;
use crate::run_files::ADDITIONS;
use crate::run_folder::{self, Left};

/// Adds what the flags say to the run in `folder`, now that it is over, and writes it down there; what the report then says
/// is returned.
///
/// # Errors
/// As [`resolve`] and [`super::of_run`]; and where a plan or scope is named that the run has already.
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
    if let (Some(before), Some(now)) = (
        known.as_ref().and_then(|known| known.plan.as_ref()),
        said.plan.as_ref(),
    ) {
        let of = |plan: &RecoveryPlan| {
            let scenarios = plan
                .scenarios
                .iter()
                .map(|one| (one.id.clone(), one.title.clone()));
            (
                plan.version.clone(),
                plan.title.clone(),
                scenarios.collect::<Vec<_>>(),
            )
        };
        if before.sha256 == now.sha256 && of(before) != of(now) {
            output::note(
                "firedrill: what is said of the plan's version, title and scenarios stays as it was said before the drill",
            );
        }
    }
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
