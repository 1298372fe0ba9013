//! `firedrill findings`: what drills found and what became of it, with a register that is kept in git.
//!
//! ```text
//!  runs/*/*/report.json ──┐
//!  findings.yaml ─────────┴──► drill::register::follow ──► list
//!                                        └──► --update, assign, close ──► findings.yaml, single lines of it
//! ```

mod change;
mod file;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use drill::register::{Day, FILE, Followed, State, follow};
use drill::report::{Report, Severity};
use runtime::wall;

use self::file::RegisterFile;
use crate::commands::history::no_drill_of;
use crate::exit::{End, Failure};
use crate::output;
use crate::runs::{Run, Runs, RunsFolder};

#[derive(Debug, Args)]
pub(crate) struct Findings {
    /// Only findings of drills of this scenario.
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Also what is closed or accepted, and notes.
    #[arg(long)]
    all: bool,
    /// Add what is new (critical findings, warnings and missed targets) to the register, and write down which run saw or
    /// retested what. Everything else in the file stays as it is.
    #[arg(long)]
    update: bool,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    places: Places,
    #[command(subcommand)]
    action: Option<Action>,
}

/// Where runs and the register are.
#[derive(Debug, Args)]
struct Places {
    #[command(flatten)]
    runs: RunsFolder,
    /// The register; without it `findings.yaml` in this folder.
    #[arg(long, value_name = "FILE", global = true)]
    register: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say who sees to a finding, and by when.
    Assign(Assign),
    /// Close a finding that a later drill exercised and did not find again.
    Close(Close),
}

#[derive(Debug, Args)]
struct Assign {
    /// The finding, as F-001.
    id: String,
    /// Who sees to it.
    #[arg(long, value_name = "NAME", required_unless_present = "due")]
    owner: Option<String>,
    /// By when, as 2026-12-31.
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
}

#[derive(Debug, Args)]
struct Close {
    /// The finding, as F-001.
    id: String,
    /// The drill that exercised it and did not find it again: as `firedrill history` shows it, or its folder.
    #[arg(long, value_name = "RUN")]
    by: String,
}

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
    match arguments.json {
        true => output::write(&reports::register::json(&followed))?,
        false => {
            output::write(&reports::register::text(
                &followed,
                usize::from(output::columns()),
            ))?;
            output::note(summary(&followed, all - followed.len()));
        }
    }
    Ok(End::Done)
}

fn followed(register: &RegisterFile, runs: &Runs, today: &Day) -> Vec<Followed> {
    let reports: Vec<(&str, &Report)> = runs
        .runs
        .iter()
        .map(|run: &Run| (run.id.as_str(), &run.report))
        .collect();
    follow(&register.register, &reports, today)
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
