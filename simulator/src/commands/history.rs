//! `firedrill history`: the drills that were run, the newest last.

use std::collections::BTreeSet;

use clap::Args;
use drill::scenario::nearest;

use crate::exit::{End, Failure};
use crate::output;
use crate::runs::{Runs, RunsFolder};

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Only drills of this scenario: its name, as `firedrill list` shows it.
    scenario: Option<String>,
    #[command(flatten)]
    runs: RunsFolder,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &History) -> Result<End, Failure> {
    let folder = arguments.runs.path();
    let runs = Runs::open(folder)?;
    let rows = runs.rows(arguments.scenario.as_deref());
    if rows.is_empty() {
        if let Some(scenario) = &arguments.scenario {
            return Err(Failure::Input(format!(
                "{}: {}",
                folder.display(),
                no_drill_of(scenario, &runs)
            )));
        }
        output::note(format_args!("{}: no drill was run here yet", folder.display()));
    }
    if arguments.json {
        output::write(&reports::history::json(&rows))?;
    } else if !rows.is_empty() {
        output::write(&reports::history::text(&rows, output::columns()))?;
    }
    Ok(End::Done)
}

/// That there is none, what there is, and what was meant perhaps.
pub(super) fn no_drill_of(scenario: &str, runs: &Runs) -> String {
    let names: BTreeSet<String> = runs.rows(None).into_iter().map(|one| one.row.scenario).collect();
    if names.is_empty() {
        return format!("no drill of {scenario:?}, nor any other");
    }
    let hint = nearest(scenario, names.iter().map(String::as_str));
    let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
    let names: Vec<String> = names.into_iter().collect();
    format!(
        "no drill of {scenario:?}; there are drills of {}{hint}",
        names.join(", ")
    )
}
