//! A suite from its command line to its exit code.

use ::baseline::{Baseline, Recorded, Settings, compare, not_drilled, observe, repeats_needed};
use drill::report::{Report, Verdict};
use reports::suite::{self, Drilled, NoReport, State};

use super::arguments::Ci;
use super::item::OfScenario;
use super::work::Work;
use super::{drills, recorded};
use crate::commands::baseline_file::BaselineFile;
use crate::commands::threads::threads;
use crate::exit::{End, Failure};
use crate::{output, run_folder};

/// Drills the suite, or judges one that was drilled.
///
/// # Errors
/// Every error of every scenario; files that cannot be written.
pub(crate) fn execute(arguments: &Ci) -> Result<End, Failure> {
    let files = [&arguments.junit, &arguments.summary];
    for file in files.into_iter().flatten() {
        run_folder::writable(file, arguments.force)?;
    }
    let file = match &arguments.baseline {
        Some(path) => Some(BaselineFile::open(path, arguments.update_baseline)?),
        None => None,
    };
    let (drilled, interrupted) = match &arguments.recorded {
        Some(folder) => (recorded::read(folder)?, false),
        None => {
            let work = Work::from_arguments(arguments)?;
            threads()?.block_on(drills::run(arguments, &work))?
        }
    };
    finish(arguments, file, drilled, interrupted)
}

/// Compares, writes and ends.
fn finish(
    arguments: &Ci,
    file: Option<BaselineFile>,
    mut all: Vec<OfScenario>,
    interrupted: bool,
) -> Result<End, Failure> {
    let now = observed(&all);
    if let Some(file) = file {
        if !arguments.update_baseline {
            hold_against(file.baseline(), &now, arguments, &mut all);
        } else if interrupted {
            output::note("firedrill: the baseline stays as it was: not all drills ended");
        } else {
            update(file, &all, now, arguments)?;
        }
    }
    let suite: Vec<Drilled> = all.into_iter().map(|one| one.drilled).collect();
    if let Some(path) = &arguments.junit {
        run_folder::write(path, suite::junit(&suite).as_bytes())?;
    }
    if let Some(path) = &arguments.summary {
        run_folder::write(path, suite::markdown(&suite).as_bytes())?;
    }
    output::write(&suite::text(&suite))?;
    if interrupted {
        Ok(End::Interrupted)
    } else {
        end(&suite)
    }
}

/// What the complete drills of each scenario took.
fn observed(all: &[OfScenario]) -> Baseline {
    let mut now = Baseline::default();
    for one in all {
        let complete: Vec<Report> = one
            .drilled
            .reports()
            .filter(|report| report.complete)
            .cloned()
            .collect();
        if let Some(recorded) = observe(&one.scenario, &complete, &one.context) {
            now.scenarios.insert(one.scenario.name.clone(), recorded);
        }
    }
    now
}

fn settings(arguments: &Ci) -> Settings {
    Settings {
        confidence: arguments.confidence / 100.0,
        effect: arguments.effect / 100.0,
        ..Settings::default()
    }
}

fn hold_against(baseline: &Baseline, now: &Baseline, arguments: &Ci, all: &mut [OfScenario]) {
    for name in not_drilled(baseline, now) {
        output::note(format_args!(
            "firedrill: the baseline has {name}, of which there is no whole drill now"
        ));
    }
    for comparison in compare(baseline, now, &settings(arguments)) {
        let of = all
            .iter_mut()
            .find(|one| one.scenario.name == comparison.scenario);
        if let Some(one) = of {
            one.drilled.comparison = Some(comparison);
        }
    }
}

/// What did not end as expected is no measure for later drills.
fn update(file: BaselineFile, all: &[OfScenario], now: Baseline, arguments: &Ci) -> Result<(), Failure> {
    let as_expected = |name: &String| {
        let one = all.iter().find(|one| one.scenario.name == *name);
        one.is_some_and(|one| one.drilled.state() == State::Expected)
    };
    let (kept, left_out): (Vec<(String, Recorded)>, Vec<_>) =
        now.scenarios.into_iter().partition(|(name, _)| as_expected(name));
    for (name, _) in left_out {
        output::note(format_args!(
            "firedrill: {name} is left out of the baseline: its drills did not end as expected"
        ));
    }
    if kept.is_empty() {
        output::note("firedrill: the baseline stays as it was: nothing ended as expected");
        return Ok(());
    }
    let newer = Baseline {
        scenarios: kept.into_iter().collect(),
        ..Baseline::default()
    };
    if let Some(needed) = repeats_needed(&newer, &settings(arguments)) {
        output::note(format_args!(
            "firedrill: with so few repeats no step can be called slower by what its work takes: record and check with --repeat \
             {needed} or more"
        ));
    }
    file.update(newer)
}

/// The exit code: what was shown to be wrong goes before what could not be shown.
fn end(suite: &[Drilled]) -> Result<End, Failure> {
    let state = suite.iter().map(Drilled::state).max().unwrap_or(State::Expected);
    let without: Vec<&NoReport> = suite.iter().flat_map(Drilled::without_report).collect();
    match state {
        State::Unexpected | State::Regression => Ok(End::Judged(Verdict::Fail)),
        State::Broken => {
            let drills = match without.len() {
                1 => "a drill".to_owned(),
                n => format!("{n} drills"),
            };
            let message = format!("{drills} came to no report");
            // The child has reported what is wrong; invalid input is not a failure of the environment.
            if without.iter().all(|none| none.exit == Some(2)) {
                Err(Failure::Input(format!("firedrill: {message}")))
            } else {
                Err(Failure::Environment(message))
            }
        }
        State::Inconclusive => Ok(End::Judged(Verdict::Inconclusive)),
        State::Expected => Ok(End::Judged(Verdict::Pass)),
    }
}
