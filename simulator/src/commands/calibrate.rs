//! What recorded drills tell of a plan's steps, for a forecast.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use drill::journal::StepOutcome;
use drill::report::{Report, Step};
use drill::scenario::{Human, Scenario, Source, Takes};
use drill::units::Span;
use forecast::plan::calibration::Calibration;

use crate::calibration::add;
use crate::exit::Failure;
use crate::judge::judge_folder;
use crate::output;
use crate::run_folder::Left as Files;

/// How long people took in recorded drills in which they performed steps (`run --interactive`), by the ids of the steps, in
/// ascending order.
pub(super) type Observed = BTreeMap<String, Vec<Span>>;

/// The scenario with what was observed of its human steps in the place of what it says that they take.
pub(super) fn with_observed(scenario: &Scenario, observed: &Observed) -> Scenario {
    let mut scenario = scenario.clone();
    for step in &mut scenario.runbook {
        if let Some(seen) = observed.get(&step.id) {
            output::note(format_args!(
                "step {}: {} observed in recorded drills, in the place of its `takes`",
                step.id,
                match seen.len() {
                    1 => "one time".to_owned(),
                    n => format!("{n} times"),
                }
            ));
            step.takes = Some(Takes::Seen { seen: seen.clone() });
            step.source = Source::PastRun(Some("observed".to_owned()));
        }
    }
    scenario
}

/// What a judged drill tells of people: the steps that they did, and not those that they skipped.
fn observe(observed: &mut Observed, scenario: &Scenario, report: &Report) {
    for step in &report.steps {
        let human = scenario
            .step(&step.id)
            .is_some_and(|known| known.action.is::<Human>());
        if human && step.outcome == StepOutcome::Done && step.performed.is_some() {
            let seen = observed.entry(step.id.clone()).or_default();
            seen.push(Span::from_us((step.observed_s * 1e6).round() as i64));
            seen.sort();
        }
    }
}

/// Reads the drills in these folders, of a scenario whose file has this SHA-256.
///
/// # Errors
/// If one of them is no whole recorded drill, or one of another scenario or runbook.
pub(super) fn read(
    folders: &[PathBuf],
    scenario: &Scenario,
    sha256: &str,
) -> Result<(Calibration, Observed), Failure> {
    let mut calibration = Calibration::default();
    let mut observed = Observed::default();
    for folder in folders {
        let wrong = |why: String| Failure::Input(format!("--calibrate {}: {why}", folder.display()));
        let judged = judge_folder(folder)?;
        let drilled = &judged.report.scenario.name;
        if *drilled != scenario.name {
            return Err(wrong(format!(
                "it is a drill of {drilled}, and this is {}",
                scenario.name
            )));
        }
        let of_another = |step: &&Step| {
            let known = scenario.step(&step.id);
            known.is_none_or(|known| known.action.name() != step.action)
        };
        if let Some(step) = judged.report.steps.iter().find(of_another) {
            return Err(wrong(format!(
                "its step {} ({}) is none of {}: the runbook was changed since",
                step.id, step.action, scenario.name
            )));
        }
        if judged.report.exercise.is_some() {
            return Err(wrong(
                "it is an exercise without faults: no step of it was done".to_owned(),
            ));
        }
        if judged.report.steps.iter().all(|step| step.end_s.is_none()) {
            return Err(wrong("no step of it came to its end".to_owned()));
        }
        let name = name(folder);
        if calibration.drills.contains(&name) {
            return Err(wrong("the same drill was named before".to_owned()));
        }
        if judged.report.scenario.sha256 != sha256 {
            output::note(format_args!(
                "--calibrate {}: it is a drill of another version of this file",
                folder.display()
            ));
        }
        let files = Files::read(folder)?;
        let added = add(&mut calibration, scenario, &judged.report, &files);
        added.map_err(|error| wrong(error.to_string()))?;
        observe(&mut observed, scenario, &judged.report);
        calibration.drills.push(name);
    }
    Ok((calibration, observed))
}

/// The name of a run's folder, where `latest` leads to.
fn name(folder: &Path) -> String {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.file_name().map_or_else(
        || folder.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
