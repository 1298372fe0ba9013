//! What changes the register.

use drill::register::{
    self, Day, EditError, Entry, Followed, NewEntry, Status, easier, exercised, found, tracked,
};
use drill::report::{Report, Severity};

use super::arguments::{Assign, Close};
use super::file::RegisterFile;
use super::followed::followed;
use crate::exit::{End, Failure};
use crate::output;
use crate::runs::{Changed, Run, Runs};

/// Adds what is new, and writes down which run saw what last, and which retested it.
pub(super) fn update(file: &mut RegisterFile, followed: &[Followed]) -> Result<(), Failure> {
    let name = file.name();
    let mut text = file.text.clone();
    for one in followed {
        let Some(entry) = &one.entry else { continue };
        for (field, known, now) in [
            ("last_seen", &entry.last_seen, &one.last_seen),
            ("last_seen_at", &entry.last_seen_at, &one.last_seen_at),
            ("retested_by", &entry.retested_by, &one.retested_by),
        ] {
            let Some(now) = now.as_ref().filter(|now| known.as_ref() != Some(now)) else {
                continue;
            };
            match register::set(&name, &text, &entry.id, field, now) {
                Ok(changed) => text = changed,
                // What cannot be written down is computed again each time.
                Err(error @ EditError::ByHand { .. }) => output::note(error),
                Err(error) => return Err(Failure::Input(error.to_string())),
            }
        }
    }
    let new: Vec<NewEntry> = followed.iter().filter(|one| is_new(one)).map(entry_of).collect();
    let (text, ids) = register::add(&name, &text, &new).map_err(|error| Failure::Input(error.to_string()))?;
    let changed = text != file.text;
    file.write(text)?;
    match (ids.first().zip(ids.last()), changed) {
        (Some((first, last)), _) if first == last => output::note(format_args!("{name}: added {first}")),
        (Some((first, last)), _) => output::note(format_args!("{name}: added {first} to {last}")),
        (None, true) => output::note(format_args!("{name}: updated")),
        (None, false) => output::note(format_args!("{name}: nothing new")),
    }
    Ok(())
}

/// Whether it belongs into the register and is not there; also if a later drill retested it meanwhile, so that nothing that was
/// found is lost.
pub(super) fn is_new(one: &Followed) -> bool {
    one.entry.is_none() && one.severity != Some(Severity::Note)
}

fn entry_of(one: &Followed) -> NewEntry {
    NewEntry {
        key: one.key.clone(),
        scenario: one.scenario.clone(),
        text: one.text.clone(),
        severity: one.severity,
        step: one.step.clone(),
        service: one.service.clone(),
        fault: one.fault.clone(),
        first_seen: one.first_seen.clone(),
        last_seen: one.last_seen.clone(),
        last_seen_at: one.last_seen_at.clone(),
        retested_by: one.retested_by.clone(),
    }
}

/// Sets the owner and the due date.
pub(super) fn assign(mut file: RegisterFile, assign: &Assign) -> Result<End, Failure> {
    let due = assign.due.as_deref().map(|due| {
        Day::parse(due).ok_or_else(|| Failure::Input(format!("--due {due:?} is no date, as 2026-12-31")))
    });
    let due = due.transpose()?.map(|due| due.to_string());
    let fields = [("owner", assign.owner.clone()), ("due", due)];
    set_all(
        &mut file,
        &assign.id,
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    )?;
    Ok(End::Done)
}

/// Closes a finding by the drill that retested it.
pub(super) fn close(mut file: RegisterFile, close: &Close, runs: &Runs, today: &Day) -> Result<End, Failure> {
    let entry = known(&file, &close.id)?;
    let run = run(runs, &close.by)?;
    let why = not_retested(entry, run, runs).or_else(|| not_later(&file, entry, run, runs, today));
    if let Some(why) = why {
        return Err(Failure::Input(format!(
            "{}: {} does not retest it: {why}; a finding that stays can be accepted (status: accepted)",
            close.id, run.id
        )));
    }
    let fields = [
        ("status", Status::Closed.name().to_owned()),
        ("closed_on", today.to_string()),
        ("retested_by", run.id.clone()),
    ];
    // A closed finding without its date is an error, so that the date comes first.
    let [status, day, by] = fields;
    set_all(&mut file, &close.id, [day, by, status])?;
    Ok(End::Done)
}

/// Why a drill is too early to show that a finding is gone.
fn not_later(file: &RegisterFile, entry: &Entry, run: &Run, runs: &Runs, today: &Day) -> Option<String> {
    let followed = followed(file, runs, today);
    let one = followed.into_iter().find(|one| one.key == entry.key)?;
    let last_seen = one.last_seen?;
    // Registers of earlier versions do not say when; the history may.
    let moved = || {
        let row = runs.moved.iter().find(|row| row.run == last_seen)?;
        Some(row.started_at.clone())
    };
    let at = one.last_seen_at.or_else(moved)?;
    let began = &run.report.started_at;
    (*began <= at).then(|| format!("it began at {began}, and {last_seen}, which found it, at {at}"))
}

/// Why this drill does not show that a finding is gone.
fn not_retested(entry: &Entry, run: &Run, runs: &Runs) -> Option<String> {
    let report = &run.report;
    if tracked(report).iter().any(|one| one.key == entry.key) {
        return Some("it found it again".to_owned());
    }
    let found_in = last_that_found(&entry.key, runs);
    if exercised(&entry.key, found_in, report) {
        return None;
    }
    let easier = found_in.and_then(|found| easier(found, report));
    let scenario = entry.key.split('/').next().unwrap_or_default();
    Some(if report.scenario.name != scenario {
        format!(
            "it drilled {}, and the finding is of {scenario}",
            report.scenario.name
        )
    } else if !report.complete {
        "it was interrupted".to_owned()
    } else if report.exercise.is_some() {
        "it was an exercise without faults".to_owned()
    } else if let Some(easier) = easier {
        format!("it was easier than the drill that found it: {easier}")
    } else {
        "it did not exercise what the finding is about, or not with the same faults".to_owned()
    })
}

fn last_that_found<'a>(key: &str, runs: &'a Runs) -> Option<&'a Report> {
    let reports = runs.runs.iter().rev().map(|run| &run.report);
    let mut found = reports.filter(|report| found(report).iter().any(|one| one.key == key));
    found.next()
}

/// The run that the user named: by its id, or by its folder.
fn run<'a>(runs: &'a Runs, named: &str) -> Result<&'a Run, Failure> {
    let place = std::fs::canonicalize(named).ok();
    let is_it = |run: &&Run| {
        let folder = std::fs::canonicalize(&run.folder).ok();
        run.id == named || (place.is_some() && folder == place)
    };
    let why = |changed: &Changed| {
        changed
            .is_named(named, place.as_deref())
            .then(|| changed.why.clone())
    };
    runs.runs.iter().find(is_it).ok_or_else(|| {
        let why = runs.changed.iter().find_map(why);
        let why = why.unwrap_or_else(|| "no such run (firedrill history lists them)".to_owned());
        Failure::Input(format!("--by {named}: {why}"))
    })
}

fn known<'a>(file: &'a RegisterFile, id: &str) -> Result<&'a Entry, Failure> {
    file.register.by_id(id).ok_or_else(|| {
        let ids: Vec<&str> = file
            .register
            .entries
            .iter()
            .map(|entry| entry.id.as_str())
            .collect();
        let hint = drill::scenario::nearest(id, ids).map_or(String::new(), |hint| format!("; {hint}"));
        Failure::Input(format!("{}: has no finding {id}{hint}", file.name()))
    })
}

fn set_all<'f>(
    file: &mut RegisterFile,
    id: &str,
    fields: impl IntoIterator<Item = (&'f str, String)>,
) -> Result<(), Failure> {
    known(file, id)?;
    let name = file.name();
    let mut text = file.text.clone();
    for (field, value) in fields {
        text = register::set(&name, &text, id, field, &value)
            .map_err(|error| Failure::Input(error.to_string()))?;
    }
    file.write(text)?;
    output::note(format_args!("{name}: {id} was changed"));
    Ok(())
}
