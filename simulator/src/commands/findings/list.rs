//! Lists findings.

use drill::register::{Day, FILE, Followed, State};
use drill::report::Severity;
use runtime::wall;

use super::arguments::{Action, Findings};
use super::change;
use super::file::RegisterFile;
use super::followed::followed;
use crate::commands::history::no_drill_of;
use crate::exit::{End, Failure};
use crate::output;
use crate::runs::{Runs, RunsFolder};

/// Lists findings, or changes the register.
///
/// # Errors
/// A register or runs that cannot be read; a change that cannot be made.
pub(crate) fn execute(arguments: &Findings) -> Result<End, Failure> {
    let named = arguments.places.register.as_deref();
    let creates = arguments.update && arguments.action.is_none();
    let today = Day::of_wall(wall::now_us());
    let register = RegisterFile::read(named, FILE.as_ref(), creates, &today)?;
    if let Some(Action::Assign(assign)) = &arguments.action {
        return change::assign(register, assign);
    }
    let runs = runs(&arguments.places.runs, &register)?;
    match &arguments.action {
        Some(Action::Close(close)) => change::close(register, close, &runs, &today),
        _ => list(arguments, register, &runs, &today),
    }
}

/// The runs; a register can be read without any.
fn runs(folder: &RunsFolder, register: &RegisterFile) -> Result<Runs, Failure> {
    match Runs::open(folder.path()) {
        Err(failure) if register.is_there => {
            output::note(failure);
            Ok(Runs::default())
        }
        runs => runs,
    }
}

fn list(arguments: &Findings, mut register: RegisterFile, runs: &Runs, today: &Day) -> Result<End, Failure> {
    if let Some(scenario) = &arguments.scenario {
        let known = register
            .register
            .entries
            .iter()
            .any(|entry| entry.key.starts_with(&format!("{scenario}/")));
        if !known && runs.rows(Some(scenario)).is_empty() {
            return Err(Failure::Input(no_drill_of(scenario, runs)));
        }
    }
    let of_scenario = |one: &Followed| {
        arguments
            .scenario
            .as_ref()
            .is_none_or(|name| one.scenario == *name)
    };
    if arguments.update {
        let followed: Vec<Followed> = followed(&register, runs, today)
            .into_iter()
            .filter(of_scenario)
            .collect();
        change::update(&mut register, &followed)?;
    }
    let mut followed = followed(&register, runs, today);
    followed.retain(of_scenario);
    let all = followed.len();
    if !arguments.all {
        followed.retain(is_shown);
    }
    if arguments.json {
        output::write(&reports::register::json(&followed))?
    } else {
        output::write(&reports::register::text(
            &followed,
            usize::from(output::columns()),
        ))?;
        output::note(summary(&followed, all - followed.len()));
    }
    Ok(End::Done)
}

/// Whether it is to be seen to. Notes are told in reports, and are no defects, unless the register has them.
fn is_shown(one: &Followed) -> bool {
    let defect = one.entry.is_some() || one.severity != Some(Severity::Note);
    let state = match one.state {
        State::Reopened | State::New | State::Open | State::Retested => true,
        State::Accepted | State::Closed => false,
    };
    defect && state
}

fn summary(followed: &[Followed], hidden: usize) -> String {
    let open = followed.iter().filter(|one| one.state.is_open()).count();
    let overdue = followed.iter().filter(|one| one.overdue).count();
    let new = followed.iter().filter(|one| change::is_new(one)).count();
    let mut text = format!("{open} to be seen to, {overdue} overdue");
    if new > 0 {
        text.push_str(&format!(", {new} in no register (--update adds them)"));
    }
    if hidden > 0 {
        text.push_str(&format!("; --all shows {hidden} more"));
    }
    text
}
